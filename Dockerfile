# From a checkout: docker build -t quartet . && docker run --rm -v "$PWD/results:/quartet/results" quartet
# The set-up is the README's; `make` does it all.
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends git make
COPY . /quartet
WORKDIR /quartet
RUN make clean .venv/ready
ENV PATH=/quartet/.venv/bin:$PATH
CMD ["make", "results"]
