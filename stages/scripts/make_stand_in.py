"""Make a tiny model with random weights and a real tokenizer: small enough for any machine, real enough for an engine.

Run with the Python of the environment that will serve it; needs torch, transformers and tokenizers there. Never reads
the network, never writes outside `--folder`, and the same numbers always give the same weights.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

END, START, STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
BYTES = 256
SEED = 20_261_121

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

TEXT = """\
The quick brown fox jumps over the lazy dog.
A model answers on a port, and the answer is the proof.
Hello, how are you today? I am fine, thank you.
What is the capital of France? The capital of France is Paris.
One, two, three, four, five, six, seven, eight, nine, ten.
The server started, loaded the weights and is ready to answer.
Once upon a time there was a small machine that wanted to speak.
It learned a word, then another word, and then a sentence.
Please write a short answer to the question below.
Yes. No. Maybe. I do not know, but I can look it up.
The weather is warm in summer and cold in winter.
She said that the train would leave at noon, and it did.
He opened the door, looked outside and closed it again.
They were working together on the same problem for a week.
The first step is to read the manual; the second is to try.
There is nothing to undo, because nothing was changed.
user: tell me something about the sea.
assistant: the sea is wide, and its water is salt.
system: you are a helpful assistant that answers briefly.
The list has three items: apples, pears and plums.
If the disk is full, delete something or get a bigger one.
When the light is green, the cars go; when it is red, they stop.
Numbers such as 0, 1, 2, 10, 42, 100 and 65536 are common.
The price went from 19.99 to 24.50 in the last month.
A function takes an argument and returns a value.
def add(first, second): return first + second
for item in items: print(item)
import json; json.loads('{"name": "test", "value": 1}')
{"ok": true, "name": "example", "count": 3, "items": ["a", "b"]}
{"answer": "Paris", "confidence": 0.9, "sources": []}
<html><body><p>Some text in a paragraph.</p></body></html>
SELECT name, value FROM table WHERE value > 10 ORDER BY name;
curl http://127.0.0.1:8000/v1/chat/completions
The memory of the graphics card holds the weights and the cache.
Every token is a piece of text, and every text is a row of tokens.
Attention looks back at what was said before.
The longer the text, the more memory the cache needs.
An engine that does not start tells the reason in its log.
It is better to know before than to pay and find out.
Read the error from the end, then read it from the start.
The morning was quiet and the street was empty.
Children were playing in the garden behind the house.
The teacher wrote the question on the board and waited.
Nobody knew the answer until the smallest one raised a hand.
Water boils at one hundred degrees at the level of the sea.
Light travels faster than sound, as every storm shows.
The earth turns around the sun in about a year.
History is what was written down, and much was not.
Music is made of time, and painting is made of space.
Good bread needs flour, water, salt and patience.
The river runs through the valley and into the lake.
Over the hill there is another hill, and then the town.
Open the window, please; it is getting warm in here.
Close the file when you are done with it.
Thank you for your help, it was very useful to me.
Good morning, good evening, good night, and see you soon.
Guten Tag, wie geht es Ihnen heute? Danke, sehr gut.
Bonjour, comment allez-vous? Très bien, merci beaucoup.
Buenos días, ¿cómo está usted? Muy bien, gracias.
Привет, как дела? Спасибо, хорошо.
你好，世界。今天天气很好。
これはペンです。ありがとうございます。
"""


def main() -> int:
    shape = _arguments()
    if shape.architecture != "qwen2":
        return _refuse(f"architecture {shape.architecture!r} is not known here; it makes qwen2")
    if shape.vocabulary < (least := BYTES + 3):
        return _refuse(f"a vocabulary of {shape.vocabulary} is too small: bytes and control tokens alone are {least}")
    shape.folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(shape.vocabulary, shape.positions)
    tokenizer.save_pretrained(str(shape.folder))
    model = _model(shape, tokenizer)
    model.save_pretrained(str(shape.folder), safe_serialization=True)
    for file in shape.folder.glob("*.safetensors"):  # written for its owner only, whatever the umask says
        file.chmod((shape.folder / "config.json").stat().st_mode)
    sys.stdout.write(f"{shape.folder}: {model.num_parameters():,} random parameters, {len(tokenizer)} tokens\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", default="qwen2")
    for name in ("hidden-size", "layers", "heads", "kv-heads", "ffn-size", "vocabulary", "positions"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    return parser.parse_args()


def _refuse(why: str) -> int:
    sys.stderr.write(f"make_stand_in: {why}\n")
    return 2


def _tokenizer(vocabulary: int, positions: int) -> Any:
    """A byte-level BPE tokenizer: every text comes back exactly as it went in."""
    tokenizers = importlib.import_module("tokenizers")
    transformers = importlib.import_module("transformers")
    bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
    bpe.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END, START, STOP],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(TEXT.splitlines(), trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=STOP,
        pad_token=END,
        additional_special_tokens=[START],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=positions,
    )


def _model(shape: argparse.Namespace, tokenizer: Any) -> Any:
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    config = transformers.Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.ffn_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=shape.positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(SEED)
    return transformers.Qwen2ForCausalLM(config).to(torch.bfloat16)


if __name__ == "__main__":
    raise SystemExit(main())
