"""What is compared: a model and the engine that would serve it, and how the engine would read the model. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from installer.core.engines import Engine
from installer.core.outcomes import Code, Severity
from installer.core.plans.launch_arguments import LaunchArguments
from installer.core.plans.plan import Finding
from installer.core.plans.stack import MISTRAL, EngineFacts, Lookups, ModelFacts, Placed, Stack, TransformersFacts
from installer.knowledge import tables
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.versions import fits


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that the questions are asked of."""

    stack: Stack
    model: ModelFacts
    by: Engine
    """What serves the model."""
    placed: Placed
    facts: EngineFacts | None
    transformers: TransformersFacts | None
    options: LaunchArguments

    @property
    def engine(self) -> str:
        return self.by.name

    @property
    def version(self) -> str:
        """Of the engine, without a local part."""
        return self.placed.version.partition("+")[0]

    @property
    def title(self) -> str:
        """The engine's title and its release."""
        return f"{self.by.title} {self.placed.version}"

    @property
    def on_cpu(self) -> bool:
        """Whether the engine runs without a GPU."""
        return self.placed.name in self.by.without_gpu or self.options.value("--device") == "cpu"

    @property
    def trusts(self) -> bool:
        """Whether code of the model's own may be run."""
        return self.options.has("--trust-remote-code")

    def found(  # noqa: PLR0917 - the order is that of a finding
        self, code: Code, severity: Severity, summary: str, evidence: str, fix: str, source: str
    ) -> Finding:
        """A finding about this model on this engine."""
        launch = self.stack.launch
        line = launch.line if launch and launch.line is not None else self.placed.line
        return Finding(
            code=code,
            severity=severity,
            stage=10,
            subject=self.model.name,
            summary=summary,
            evidence=evidence,
            fix=fix,
            source=source,
            line=line,
        )


def subject_of(stack: Stack, model: ModelFacts, lookups: Lookups) -> Subject | None:
    """`None` if no engine is among the packages."""
    placed = definitions.engine_package(stack)
    by = definitions.engine(placed.name) if placed else None
    if placed is None or by is None:
        return None
    transformers = stack.packages.get("transformers")
    return Subject(
        stack, model, by, placed, lookups.engine(by.name, placed.version.partition("+")[0]),
        lookups.transformers(transformers.version) if transformers else None, launch_reader.of(stack),
    )  # fmt: skip


def reads_natively(subject: Subject) -> bool:
    """Whether the engine reads Mistral's own files instead of config.json, asked to or by itself."""
    asked = subject.options.value("--config-format")
    if "config_format" in subject.by.flags and asked in (MISTRAL, "hf"):
        return asked == MISTRAL
    if MISTRAL not in subject.model.formats:
        return False
    rows = [row for row in tables.table("tokenizers")["native"] if row["engine"] == subject.engine]
    fitting = [row for row in rows if fits(subject.version, f">={row['since']}")]
    if not fitting:
        return False
    row = fitting[-1]
    named = not row.get("names") or any(word in subject.model.name.lower() for word in row["names"])
    return named and (row["when"] == "always" or "hf" not in subject.model.formats)
