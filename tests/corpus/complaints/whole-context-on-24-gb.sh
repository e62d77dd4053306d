python3.12 -m venv ~/v && source ~/v/bin/activate
pip install vllm==0.12.0
vllm serve mistralai/Ministral-3-3B-Instruct-2512 --tokenizer_mode mistral --config_format mistral --load_format mistral
