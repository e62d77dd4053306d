IMAGE=vllm/vllm-openai:v0.8.3
MODEL=MiniMaxAI/MiniMax-M1-40k
OPTIONS="--network=host --ipc=host --shm-size=2gb --rm --gpus all"
sudo docker run -it -d -v $HOME/m:/m -e VLLM_USE_V1=0 -e HF_TOKEN --name engine \
  $OPTIONS $IMAGE --model "$MODEL" --tensor-parallel-size 8 --trust-remote-code
docker run --gpus all -p 30000:30000 lmsysorg/sglang:v0.4.8.post1-cu126 \
  python3 -m sglang.launch_server --model-path Qwen/Qwen2.5-0.5B-Instruct --port 30000
docker run --rm --gpus all nvidia/cuda:12.6-base nvidia-smi
docker compose up -d
docker run --shm-size 8g --gpus all vllm/vllm-openai:v0.9.2 --model a/b -tp 2
