# Recognition and the web page on the small install: by ONNX, without torch and without a compiler.
#   docker build -t asdcfer .
#   docker run --rm -p 127.0.0.1:7860:7860 asdcfer
#   docker run --rm --network none --no-healthcheck -v "$PWD:/data" asdcfer predict holiday/ --out results.csv
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY . .
# Packages first, from wheels alone; then this one, built under the same versions. pip goes with the rest.
RUN python -m venv /opt/asdcfer \
 && /opt/asdcfer/bin/python -m pip install --no-cache-dir -c requirements/constraints.txt --upgrade pip \
 && /opt/asdcfer/bin/python -m pip install --no-cache-dir --only-binary :all: -c requirements/constraints.txt \
      -r requirements/onnx.txt "fastapi>=0.116" "uvicorn>=0.32" "python-multipart>=0.0.17" \
 && /opt/asdcfer/bin/python -m pip install --no-cache-dir --no-deps --build-constraint requirements/constraints.txt . \
 && /opt/asdcfer/bin/python -m pip uninstall --yes --quiet pip setuptools

FROM python:${PYTHON}-slim
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip \
 && useradd --uid 1000 --create-home asdcfer \
 && install --directory --owner asdcfer /data
COPY --from=build /opt/asdcfer /opt/asdcfer
ENV PATH=/opt/asdcfer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORT_DISABLE_TELEMETRY=1
USER asdcfer
WORKDIR /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
ENTRYPOINT ["asdcfer"]
CMD ["app", "--host", "0.0.0.0"]
