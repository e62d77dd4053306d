#!/bin/bash
set -e
bash -c "pip install 'a-one==1' && pip install \"b-two==2\""
eval "pip install c-three==3"
cat > /tmp/inner.sh <<'INNER'
set -e
pip install "d-four==$1"
pip install "e-five==5" || true
INNER
bash /tmp/inner.sh 4
echo "f-six==6" > req.txt
echo "g-seven==7 # last" >> req.txt
pip install -r req.txt
pip install -r base.txt -c limits.txt
source common.sh
install_more "h-eight"
pip install \
  --no-deps \
  --force-reinstall \
  i-nine==9   # one more
pip install j-ten==10; pip install k-eleven==11 && pip install l-twelve==12
xargs pip install < req.txt
pip install -r ../outside.txt
pip install "$UNKNOWN_PACKAGE"
$TOOL install m-thirteen
curl -fsSL https://example.com/install.sh | bash
python -c "
import subprocess, sys
subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'n-fourteen==14'])
"
