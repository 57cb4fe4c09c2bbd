"""Turn the numbers that speak for a reading into the probability that it is right."""


def probability(features: list[float]) -> float:
    """Return the probability that the reading is right at its level."""
    cost, foreign = features[7], features[13]
    return max(
        0.02, min(0.98, 0.97 - 0.25 * cost - 0.3 * foreign - 0.1 * max(0.0, features[19] - 3.0) - 0.03 * features[20])
    )
