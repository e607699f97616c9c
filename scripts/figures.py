"""Figures that are kept in a file and that a change is held to: `NAME NUMBER` a line, what follows a `#` is a remark."""


def stored(path):
    text = path.read_text() if path.exists() else ""
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return {line[0]: int(line[1].replace("_", "")) for line in lines if line}


def write(path, head, figures):
    width = max(map(len, figures))
    lines = [*(f"# {line}" for line in head), *(f"{name:<{width}} {count:_}" for name, count in figures.items())]
    path.write_text("\n".join(lines) + "\n")


def held(figures, path, tolerance, slack=0):
    """Prints each figure beside the stored one. Exit status: 1 where one is larger by more than the tolerance and `slack`,
    or is not stored."""
    known, larger, width = stored(path), [], max(map(len, figures))
    for name, count in figures.items():
        before = known.get(name)
        change = count / before - 1 if before else 0
        verdict = "no figure is stored" if before is None else f"{change:+.1%}"
        if before is None or count > before * (1 + tolerance) + slack:
            larger.append(name)
            verdict += "  FAILED"
        elif count < before * (1 - tolerance) - slack:
            verdict += "  (write it down: --renew)"
        print(f"{name:<{width}} {count:>13_}  {verdict}")
    for name in known.keys() - figures.keys():
        print(f"{name}: nothing is measured by this name any more (--renew)")
    if larger:
        print(f"more than {tolerance:.0%} above what {path.name} says, or not in it: {', '.join(larger)}")
    return 1 if larger else 0
