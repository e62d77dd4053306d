"""uv names the markers of requirements in its explanations; nobody reads them, and what is looked for stands behind."""

from __future__ import annotations

from installer.packages.resolver_errors import classify, missing_pin

SAID = """  × No solution found when resolving dependencies:
  ╰─▶ Because there is no version of xgrammar{platform_machine == 'aarch64' or platform_machine == 'x86_64'}==0.1.16 and
      vllm==0.8.0 depends on xgrammar{platform_machine == 'aarch64' or platform_machine == 'x86_64'}==0.1.16, we can
      conclude that vllm==0.8.0 cannot be used.
      And because you require vllm==0.8.0, we can conclude that your requirements are unsatisfiable.
"""


def test_a_pin_behind_a_marker_is_found() -> None:
    refusal = classify(SAID)
    assert "platform_machine" not in refusal.explanation
    pin = missing_pin(refusal.explanation)
    assert pin is not None and (pin.holder, pin.release, pin.package, pin.version) == (
        "vllm",
        "0.8.0",
        "xgrammar",
        "0.1.16",
    )


NONE = """  × No solution found when resolving dependencies:
  ╰─▶ Because there are no versions of pyairports and outlines>=0.0.43,<=0.0.46 depends on pyairports, we can
      conclude that outlines>=0.0.43,<=0.0.46 cannot be used.
"""


def test_a_package_without_any_release_left_is_found() -> None:
    pin = missing_pin(classify(NONE).explanation)
    assert pin is not None and (pin.holder, pin.release, pin.package, pin.version) == ("outlines", "", "pyairports", "")
    bounded = NONE.replace("depends on pyairports", "depends on pyairports>=2")
    assert missing_pin(classify(bounded).explanation) is None
