"""What takes a network of two layers further: augmentation, optimisers, averages, a range test of the learning rate."""
