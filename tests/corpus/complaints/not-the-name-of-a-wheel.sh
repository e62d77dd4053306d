python3.12 -m venv ~/v && source ~/v/bin/activate
curl -L -o flash_attn.whl https://github.com/Dao-AILab/flash-attention/releases/download/v2.8.3/flash_attn-2.8.3+cu12torch2.8cxx11abiTRUE-cp312-cp312-linux_x86_64.whl
pip install ./flash_attn.whl
