"""The typed HTTP API: one module per thing it speaks of, each a factory `router(services) -> APIRouter`."""
