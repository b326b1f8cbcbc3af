"""The instrument on trial: faults whose size is known, oracles, calibration."""
