"""What stands around a table of measurements: the firm and the point that were monitored, the day or the month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from envcheck.register.tables.captions import plain
from envcheck.vocabulary.words import Vocabulary

PAIR = re.compile(
    r"(?P<key>[^\s:：，,；;]{2,12}?)\s*[:：]\s*(?P<value>[^:：]*?)\s*(?=[\s，,；;]+[^\s:：，,；;]{2,12}\s*[:：]|$)"
)
FIRM = re.compile("(企业|单位|排污单位|公司|污染源|排污企业)(名称)?|企业全称")
POINT = re.compile(
    "(监测|监控|采样)?(点位?|站点?)(名称)?|(排放口|排口|排污口|排气筒|监控点|烟囱)(名称|编号)?|固定污染源编号"
)
EITHER = re.compile("固定污染源(名称)?")
DATE = re.compile("(监测|统计|数据|报表|起止)?(日期|时间|时段|月份|年月)")
REGION = re.compile("(所在|所属)?(地区|区域|旗县区?|区县|行政区划?|所在地)")
REPORT = re.compile(
    r"[（(]?(20[0-9]{2}年.*|[0-9]{1,2}月.*|(烟气|废气|废水|污水|大气|水质|污染物)*(排放)?(连续|在线|自动|自行)*(监测|监控).*"
    r"|(生产|运行|进出水|水质|出水|化验|工艺).*(月|日|年|报|表|记录|数据).*|[月日]报.*|(小时|日均).*(数据|报表|值).*)"
)
COMPANY = re.compile(r"(?P<firm>.{2,40}?(?:公司|集团))(?P<rest>.*)")
ENDS = re.compile(r".{2,60}(公司|集团|厂|供热站|电站|热电|处理站)")
WHOLE = re.compile(r".{2,}(有限公司|有限责任公司|股份公司|集团公司|污水处理厂|水质净化厂|再生水厂)")
"""A name in a title that is no short one: what it lacks tells what the firm is not."""
DAY = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})")
MONTH = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})")
SHEET = re.compile(
    r"(sheet|工作表|表)\s*[0-9]*|[0-9年月日.\-至~号 ]+|.*(数据|报表|日报|月报|小时值|均值|监测).*|data", re.IGNORECASE
)
"""Names of sheets that name no point."""


class Around(NamedTuple):
    """What is known of the rows that follow; `firm` as it is taken for an id, `name` where it is no short one."""

    firm: str = ""
    name: str = ""
    point: str = ""
    region: str = ""
    day: tuple[int, int, int] | None = None
    month: tuple[int, int] | None = None
    titled: str = ""
    called: bool = False
    """Whether a line of its own names the point."""

    def beside(self, cells: Mapping[int, str]) -> Around:
        """The same with what one more line says."""
        texts = [" ".join(text.split()) for _, text in sorted(cells.items())]
        found = self
        told = False
        for n, text in enumerate(texts):
            following = texts[n + 1] if n + 1 < len(texts) else ""
            pairs = [(match["key"], match["value"]) for match in PAIR.finditer(text)]
            if len(pairs) == 1 and not pairs[0][1] and not re.search("[:：]", following):
                pairs = [(pairs[0][0], following)]
            for key, value in pairs:
                found = found._said(key, value.strip("，,；; "))
                told = True
        if not told and len(set(texts)) == 1:
            found = found._title(texts[0])
        return found

    def _said(self, key: str, value: str) -> Around:
        if not value:
            return self
        if FIRM.fullmatch(key):
            return self._replace(firm=value, name=value)
        if POINT.fullmatch(key):
            return self._replace(point=value, called=True)
        if REGION.fullmatch(key):
            return self._replace(region=value)
        if EITHER.fullmatch(key):
            firm, point = divided(value)
            found = self._replace(point=point or self.point)
            return found._replace(firm=firm, name=value) if firm else found
        return self._dated(value) if DATE.fullmatch(key) else self

    def _title(self, text: str) -> Around:
        found = self._dated(text)._replace(titled=text)
        lead = REPORT.split(text, maxsplit=1)[0].strip(" 　-—·")
        if not lead or found.firm:
            return found
        firm, point = divided(lead)
        name = lead if WHOLE.fullmatch(lead) or WHOLE.match(firm) else ""
        return found._replace(firm=firm, name=name, point=found.point or point) if firm else found

    def _dated(self, text: str) -> Around:
        days = {tuple(map(int, match.groups())) for match in DAY.finditer(text)}
        months = {tuple(map(int, match.groups())) for match in MONTH.finditer(text)}
        day = next(iter(days)) if len(days) == 1 else None
        month = next(iter(months)) if len(months) == 1 else None
        return self._replace(day=day or self.day, month=month or self.month)  # type: ignore[arg-type]


def divided(text: str) -> tuple[str, str]:
    """The firm that a text names, and the point behind it; empty what it does not name."""
    match = COMPANY.fullmatch(text)
    if match is not None and match["rest"] and not ENDS.fullmatch(text):
        return match["firm"], match["rest"].strip(" 　-—·")
    return (text, "") if ENDS.fullmatch(text) else ("", text)


def region_in(texts: Iterable[str], words: Vocabulary) -> str:
    """The one region whose name stands in some texts, as the code; empty where there is none, or more than one."""
    whole = "\n".join(texts)
    names = {name: code for code, c in words.choices.get("region", {}).items() for name in c.label[:1]}
    found = {code for name, code in names.items() if name in whole}
    inner = {code for code in found if not any(other != code and other.startswith(code) for other in found)}
    return next(iter(inner)) if len(inner) == 1 else ""


def process_of(point: str, words: Vocabulary) -> str:
    """The process that the name of a point is, but for a number and for what every outlet is called."""
    bare = re.sub(
        r"[0-9一二三四五六七八九十]*[#＃]|^[0-9一二三四五六七八九十]+号?|[（(].*?[)）]|D[AW][0-9]+", "", plain(point)
    )
    bare = re.sub("(烟气|废气)?(总)?(排放口|排口|排气筒|出口|烟囱|监测点|在线|总排)+$", "", bare.strip(" -—_"))
    known = words.choice("process", bare) if bare else None
    return known.id if known is not None else ""
