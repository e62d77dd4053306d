python3.12 -m venv ~/v && source ~/v/bin/activate
pip install "transformers==4.57.1" "huggingface_hub<0.27"
