install_more() { pip install "$1==8" --upgrade --pre; }
