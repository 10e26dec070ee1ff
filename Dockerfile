# docker build -t denoisebench .
# docker build -t denoisebench:cuda --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu126 .
# docker run --rm -v "$PWD:/work" denoisebench compare --datasets samples
FROM python:3.12-slim-bookworm AS wheel

WORKDIR /src
RUN pip install --no-cache-dir "build>=1.0" "setuptools>=65" wheel
COPY . .
RUN python -m build --wheel --no-isolation --outdir /wheels

FROM python:3.12-slim-bookworm

# The index of PyTorch's builds: cpu, or one of CUDA, whose driver the host has.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

COPY constraints.txt /tmp/
COPY --from=wheel /wheels /tmp/wheels
# Only torch comes from that index: all else from PyPI.
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" --extra-index-url https://pypi.org/simple \
        -c /tmp/constraints.txt torch \
    && pip install --no-cache-dir /tmp/wheels/*.whl \
    && rm -rf /tmp/wheels

# Results and downloads go to the mounted folder.
ENV DENOISEBENCH_CACHE=/work/.denoisebench
RUN useradd --create-home --uid 1000 bench && mkdir /work && chown bench /work
USER bench
WORKDIR /work
ENTRYPOINT ["bench"]
CMD ["--help"]
