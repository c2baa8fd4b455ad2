"""Tables as platforms and plants export them, for tests: hours of two sintering heads, a sewage plant's month."""

from __future__ import annotations

from datetime import datetime, timedelta

import openpyxl

START = datetime(2026, 1, 1)
POLLUTANTS = {"颗粒物": ("PM", 6.0), "二氧化硫": ("SO2", 20.0), "氮氧化物": ("NOx", 40.0)}
FIRM = "样例钢铁有限公司"


def hours(days=31, high=(), mark=lambda hour, pollutant: "N"):
    """By outlet the hours of it: time, O2, and by pollutant the measured value and the mark."""
    found = {}
    for outlet in ("1#烧结机头", "2#烧结机头"):
        found[outlet] = [
            (
                START + timedelta(hours=hour),
                16.5 + hour % 3 * 0.1,
                {
                    zh: ((base * 1.6 if outlet in high and name == "NOx" else base) - 2 * (hour % 2), mark(hour, zh))
                    for zh, (name, base) in POLLUTANTS.items()
                },
            )
            for hour in range(24 * days)
        ]
    return found


def platform(
    path, data, *, oxygen=True, measured=True, converted=True, title=f"{FIRM}烟气排放连续监测小时数据", outlets=True
):
    """Table D of HJ 75 as a platform exports it: two rows of headings, measured beside converted values, means below."""
    below = [
        *(["实测（mg/m³）"] if measured else []),
        *(["折算（mg/m³）"] if converted else []),
        "排放量（kg/h）",
        "标记",
    ]
    more = ["标干流量（m³/h）", *(["氧含量（%）"] if oxygen else []), "烟温（℃）", "含湿量（%）", "备注"]
    lead = ["监测时间", *(["监测点"] if outlets else [])]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "小时数据"
    heads = [text for zh in POLLUTANTS for text in (zh, *[None] * (len(below) - 1))]
    sheet.append([title])
    sheet.append(["数据来源：重点污染源自动监控平台", None, None, None, "编号：0203", None, "日期：2026年1月1日至31日"])
    sheet.append([*lead, *heads, *more])
    sheet.append([*[None] * len(lead), *below * len(POLLUTANTS)])
    width = len(lead) + len(heads) + len(more)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    for column in (*range(1, len(lead) + 1), *range(width - len(more) + 1, width + 1)):
        sheet.merge_cells(start_row=3, end_row=4, start_column=column, end_column=column)
    for n in range(len(POLLUTANTS)):
        first = len(lead) + 1 + n * len(below)
        sheet.merge_cells(start_row=3, end_row=3, start_column=first, end_column=first + len(below) - 1)
    for outlet, rows in data.items():
        for time, air, values in rows:
            cells = [time, *([outlet] if outlets else [])]
            for value, mark in values.values():
                at_reference = round(value * 5 / (21 - air), 2)
                cells += [*([value] if measured else []), *([at_reference] if converted else []), 3.2, mark]
            sheet.append([*cells, 500000, *([air] if oxygen else []), 120, 8.1])
    for word in ("平均值", "最大值", "最小值", "样本数", "月排放总量（t）"):
        sheet.append([word, *[None] * (len(lead) - 1), 6.1, 7.2])
    sheet.append(["注：N 正常，D 故障，M 维护，C 校准，B 通讯异常，T 超测上限"])
    book.save(path)
    return path


WATER = {"COD": ("COD", 300, 30), "氨氮": ("NH3-N", 35, 2.1), "总磷": ("TP", 5, 0.3), "总氮": ("TN", 45, 12.5)}


def sewage(path, effluent=lambda day, zh: WATER[zh][2], title="西郊污水处理厂2026年1月运行月报表"):
    """A sewage plant's month: influent beside effluent, a row of units, means and a sum below, the name in the title."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "2026年1月"
    sheet.append([title])
    sheet.append(["日期", "处理水量", *[text for zh in WATER for text in (zh, None)], "用电量", "备注"])
    sheet.append([None, None, *["进水", "出水"] * len(WATER)])
    sheet.append([None, "m³/d", *["mg/L"] * 2 * len(WATER), "kWh", None])
    for column in (1, 2, 3 + 2 * len(WATER), 4 + 2 * len(WATER)):
        sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
    for n in range(len(WATER)):
        sheet.merge_cells(start_row=2, end_row=2, start_column=3 + 2 * n, end_column=4 + 2 * n)
    for day in range(31):
        cells = [v for zh, (_, inflow, _) in WATER.items() for v in (inflow, effluent(day, zh))]
        sheet.append([START + timedelta(days=day), 80000, *cells, 30000, None])
    for word in ("平均值", "最大值", "最小值", "合计"):
        sheet.append([word, 80000, 999, 999])
    sheet.append(["填表人：某", "审核人：某"])
    book.save(path)
    return path
