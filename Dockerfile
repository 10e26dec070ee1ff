# docker build -t denoisebench .
# docker build -t denoisebench:cuda --build-arg TORCH_INDEX=URL .
# docker run --rm -v "$PWD:/images" denoisebench compare --datasets samples
FROM python:3.12-slim-bookworm AS wheel

WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim-bookworm

# Another index of PyTorch's builds, as for a version of CUDA that the host has a driver for.
ARG TORCH_INDEX=""

COPY constraints.txt /tmp/
COPY --from=wheel /wheels /tmp/wheels
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
        -c /tmp/constraints.txt torch \
    && pip install --no-cache-dir /tmp/wheels/*.whl \
    && rm -rf /tmp/wheels

# Results and downloads go to the mounted folder.
ENV DENOISEBENCH_CACHE=/images/.denoisebench
RUN useradd --create-home --uid 1000 bench && mkdir /images && chown bench /images
USER 1000
WORKDIR /images
ENTRYPOINT ["bench"]
CMD ["--help"]
