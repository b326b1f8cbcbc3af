neverseen audit --folder runs
