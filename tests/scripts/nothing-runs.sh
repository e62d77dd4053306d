#!/bin/bash
touch CANARY
X=$(touch CANARY; echo CANARY > CANARY)
python3 -c "open('CANARY', 'w').write('x')"
bash -c 'touch CANARY'
eval "touch CANARY"
echo hello > CANARY
cat <(touch CANARY)
`touch CANARY`
trap 'touch CANARY' EXIT
f() { touch CANARY; }
f & wait
: "${Y:=$(touch CANARY)}"
python3 - <<PY
open("CANARY", "w")
PY
