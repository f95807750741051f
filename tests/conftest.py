"""What all tests share."""

from hypothesis import HealthCheck, settings

# Tests assert behaviour, never speed: a busy machine must not fail them.
settings.register_profile("drawbridge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("drawbridge")
