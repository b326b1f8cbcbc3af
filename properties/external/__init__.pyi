"""Runs from any program: drawn on demand, kept in a folder, resumed."""

from . import torch as torch
from ._check_program import check_program as check_program
from ._observe import observe as observe
from ._one_run import OneRunAudit as OneRunAudit
from ._one_run import audit_one_run as audit_one_run
