from typing import final

@final
class XmlPosition: ...
