neverseen audit --run 'python train.py {arm} {seed} {out}' --folder runs --workers 2
