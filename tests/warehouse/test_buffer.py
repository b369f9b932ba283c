import pytest

from warehouse.buffer import Buffer


class Sink:
    def __init__(self):
        self.inserted = []

    def insert(self, relation, rows):
        self.inserted.append((relation, [row["n"] for row in rows]))


def test_rows_are_inserted_in_batches_and_at_the_end():
    sink = Sink()
    with Buffer(sink, "verdicts", max_rows=2) as buffer:
        for n in range(3):
            buffer.add({"n": n})
        assert sink.inserted == [("verdicts", [0, 1])]
    assert sink.inserted == [("verdicts", [0, 1]), ("verdicts", [2])]


def test_rows_do_not_wait_for_ever():
    sink = Sink()
    with Buffer(sink, "verdicts", max_sec=0.0) as buffer:
        buffer.add({"n": 1})
        assert sink.inserted == [("verdicts", [1])]


def test_an_interrupt_loses_nothing():
    sink = Sink()
    with pytest.raises(KeyboardInterrupt), Buffer(sink, "verdicts") as buffer:
        buffer.add({"n": 1})
        raise KeyboardInterrupt
    assert sink.inserted == [("verdicts", [1])]
