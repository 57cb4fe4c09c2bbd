"""Tell whether a table that must not speak of persons does: by its headings, and by what stands in its cells."""

import re

import pandas as pd

from gis.errors import BadInput
from gis.sealing import seal

#: words in headings of columns that tell who somebody is, or follow one person or car
_PERSON = re.compile(
    r"姓名|名字|身份证|证件号|手机|电话|住户|业主|户主|人员|人脸|面部|卡号|门禁卡|车牌|指纹|性别|年龄|出生"
    r"|identity|id_?card|phone|mobile|\bface|\bcard|\bplate|person|\buser",
    re.IGNORECASE,
)
#: a whole cell that is a Chinese plate number
_PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}")


def refuse_persons(name: str, frame: pd.DataFrame) -> None:
    """Refuse a table that holds persons, whole: what was counted is wanted, not who.

    Raises
    ------
    BadInput
        If a heading speaks of persons, or a cell holds an identity number, a telephone or a plate; not told which.
    """
    told = [str(heading) for heading in frame.columns if _PERSON.search(str(heading))]
    if told:
        raise BadInput(
            "{name} has the column(s) {columns}, which speak of persons; deliver counts per door alone",
            name=name,
            columns=told,
        )
    for heading in frame.columns:
        for value in frame[heading].unique():
            text = str(value)
            if len(text) >= 7 and (_PLATE.fullmatch(text) or seal(text).redacted != text):
                row = int((frame[heading] == value).to_numpy().argmax()) + 1
                raise BadInput(
                    "{name}, row {row}: {heading} holds a number of a person; deliver counts per door and hour alone",
                    name=name,
                    row=row,
                    heading=heading,
                )
