"""A two-layer network on CIFAR-10: data, mathematics, training, gradient check, search and figures."""

from twolayer import sources as sources  # which reads what is about to be imported
