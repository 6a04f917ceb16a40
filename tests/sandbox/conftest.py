from tests.bank import bank, bank_process, seeded_file

__all__ = ["bank", "bank_process", "seeded_file"]
