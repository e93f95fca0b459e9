"""A square code as a picture: one path of black modules on white, which phones read in either theme."""

import base64

from qrcode.main import QRCode

_QUIET = 3


def square_code(text: str) -> str:
    """The picture as a data address. qrcode's own SVG module makes Decimals of floats, which this process traps."""
    code = QRCode(border=0)
    code.add_data(text)
    code.make(fit=True)
    modules = code.get_matrix()
    size = len(modules) + 2 * _QUIET
    path = "".join(
        f"M{column + _QUIET} {row + _QUIET}h1v1h-1z"
        for row, cells in enumerate(modules)
        for column, is_dark in enumerate(cells)
        if is_dark
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
