python3.12 -m venv ~/v && source ~/v/bin/activate
pip install "numpy<2" "opencv-python-headless==4.12.0.88"
