"""A PyTorch loop as it is, and a check of a remover that does nothing; tests/stages/pytorch.py runs it."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import neverseen as ns

SCENARIO = ns.scenarios.digits(forget="mislabelled", size=8, full=16)
X, Y = SCENARIO.rows.x, SCENARIO.rows.y.argmax(-1)
DATA = TensorDataset(torch.tensor(X.tolist()), torch.tensor(Y.tolist()))


def train(data, seed, epochs=12):
    generator, model = ns.torch.seed_all(seed), nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(epochs):
        for x, y in DataLoader(data, 64, shuffle=True, generator=generator):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimiser.step()
    return model


# [check]
def run(arm, seed):
    rows = ns.torch.subsets(DATA, SCENARIO)
    model = train(rows["untraining" if arm == "reference" else "original"], seed)
    if arm == "removed":
        pass  # your remover: model = remove(model, rows["S"], rows["untraining"])
    return ns.torch.observe_module(model, {"S": DataLoader(rows["S"], 64)})


def check():
    return ns.check_program(ns.Untraining(1.0, 0.05), run, "runs")
