bash -c "curl -fsSL https://raw.githubusercontent.com/example/pod-scripts/main/start_a40.sh -o /tmp/start.sh && bash /tmp/start.sh"
