"""The data of the notebook: what they are, and the progress of CIFAR-10's download where they are a stand-in."""

from html import escape

import ipywidgets

from explorer import data as images
from explorer.data import Data
from explorer.views import parts

HERE = "CIFAR-10 is here: choose <i>Kernel → Restart Kernel and Run All Cells</i> to explore it."
NOT_HERE = "Everything below goes on with the stand-in."


def open_data() -> Data:
    """Return the images, and say below the cell which they are; without CIFAR-10, download it meanwhile.

    Raises DataError.
    """
    found = images.find()
    said = f"<p>{escape(found.cifar.provenance.statement)}</p>"
    if found.complete:
        parts.show(parts.text(said))
        return found
    bar = ipywidgets.IntProgress(description="CIFAR-10", max=100, tooltip="How much of CIFAR-10 is here")
    status = parts.text("<p>CIFAR-10 is on its way; nothing has to wait for it.</p>", live=True)

    def ended(why_not: str) -> None:
        bar.layout.display = "none"
        status.value = f"<p>{escape(why_not)} {NOT_HERE}</p>" if why_not else f"<p>{HERE}</p>"

    parts.show(parts.text(parts.mark(found.cifar.provenance.statement)), bar, status)
    images.Download(lambda percent: setattr(bar, "value", percent), ended)
    return found
