"""A two-layer network on CIFAR-10: data, mathematics, training, gradient check, search and figures."""
