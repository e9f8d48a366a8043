namespace Ddoq.Cli.Reporting;

/// <summary>The page's style sheet. It holds no address, and no character that XML would act on.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          --paper: #fdfdfc; --ink: #1c1f24; --soft: #646a73; --rule: #e3e4e1; --track: #ecedea;
          --accent: #24708f; --accent-soft: #24708f99; --reference: #a8590e; --band: #faf2e6; --above: #1d7044; --below: #a23a32;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #15181c; --ink: #e6e8eb; --soft: #9ba2ab; --rule: #2e333a; --track: #262b31;
            --accent: #74bcd8; --accent-soft: #74bcd899; --reference: #e5a35a; --band: #2a231a; --above: #7cc79b; --below: #e69089;
          }
        }
        * { box-sizing: border-box; }
        html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 64px; }
        h1 { font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; margin: 2px 0 18px; text-wrap: balance; }
        h2 { font-size: 20px; font-weight: 650; margin: 48px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule); }
        h3 { font-size: 15px; font-weight: 650; margin: 0; }
        p { margin: 0 0 12px; }
        sub { line-height: 0; font-size: 0.75em; }
        .brand { color: var(--soft); font-size: 13px; letter-spacing: 0.06em; margin: 0; }
        .note { color: var(--soft); max-width: 82ch; }
        .small { font-size: 13px; margin-top: 8px; }
        .muted { color: var(--soft); }
        .description { color: var(--soft); font-weight: 400; }
        .summary { display: flex; flex-wrap: wrap; gap: 10px 44px; margin: 0; }
        .summary dt { color: var(--soft); font-size: 13px; }
        .summary dd { margin: 0; font-size: 17px; font-variant-numeric: tabular-nums; }
        .findings { margin: 0; padding: 0; list-style: none; max-width: 82ch; font-size: 16px; }
        .findings li { padding: 3px 0 3px 16px; border-left: 3px solid var(--accent); margin: 0 0 8px; }
        .key { font-weight: 600; }
        .key.reference { color: var(--reference); }
        .key.accent { color: var(--accent); }
        .key.muted { color: var(--soft); }

        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums lining-nums; }
        caption { text-align: left; color: var(--soft); font-size: 13px; padding-bottom: 4px; }
        .numbers th, .numbers td { padding: 6px 10px; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--rule); font-weight: 400; }
        .numbers thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; white-space: nowrap; }
        .numbers th.text, .numbers td.text { text-align: left; }
        .numbers tr > :first-child { padding-left: 12px; }
        .numbers tfoot th, .numbers tfoot td { font-weight: 600; border-bottom: 0; }
        .numbers .wide { width: 30%; }
        .numbers td.bars { vertical-align: middle; }
        .scores thead th[scope="colgroup"] { text-align: center; border-bottom: 0; padding-bottom: 0; }
        .scores thead td { border-bottom: 1px solid var(--rule); }
        .scores tbody th.text { min-width: 210px; }
        .scores .name { font-weight: 600; display: block; }
        .scores .description { font-size: 13px; line-height: 1.35; display: block; }
        .scores .group th { text-align: left; color: var(--soft); font-size: 13px; font-weight: 600; padding-top: 18px; }
        .scores .mean { font-weight: 650; white-space: nowrap; }
        .scores .mean .spread { font-weight: 400; color: var(--soft); }
        .scores .seed { color: var(--soft); }
        .scores .above { color: var(--above); font-weight: 600; }
        .scores .below { color: var(--below); font-weight: 600; }
        .scores .is-reference { background: var(--band); }
        .scores .is-reference .name, .scores .is-reference .even { color: var(--reference); }

        .chart { margin: 18px 0 26px; }
        .chart figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 2px 24px; margin-bottom: 2px; }
        .legend { color: var(--soft); font-size: 13px; margin: 0; }
        .mark { display: inline-block; vertical-align: -1px; margin: 0 5px 0 14px; }
        .mark.last { width: 9px; height: 9px; border-radius: 50%; background: var(--accent-soft); vertical-align: 0; }
        .mark.best { width: 8px; height: 8px; border-radius: 50%; border: 1.5px solid var(--accent); vertical-align: 0; }
        .mark.mean { height: 13px; border-left: 2.5px solid var(--accent); }
        .mark.line { height: 13px; border-left: 2px dashed var(--reference); }
        .plot { display: block; width: 100%; height: auto; font-size: 14px; }
        .plot text { fill: var(--ink); font-variant-numeric: tabular-nums; }
        .plot .tick { fill: var(--soft); font-size: 12.5px; }
        .plot .name { font-weight: 600; }
        .plot .value { font-weight: 650; }
        .plot .grid { stroke: var(--rule); }
        .plot .band { fill: var(--band); }
        .plot .reference { stroke: var(--reference); stroke-width: 1.5; stroke-dasharray: 5 4; }
        .plot .spread { stroke: var(--accent-soft); stroke-width: 1.5; }
        .plot .last { fill: var(--accent-soft); }
        .plot .best { fill: none; stroke: var(--accent); stroke-width: 1.3; }
        .plot .mean { stroke: var(--accent); stroke-width: 2.5; }
        .plot .is-reference .name, .plot .is-reference .value { fill: var(--reference); }
        .plot .is-reference .last { fill: var(--reference); opacity: 0.6; }
        .plot .is-reference .best, .plot .is-reference .mean, .plot .is-reference .spread { stroke: var(--reference); }
        .plot .gain { stroke-width: 1.8; }
        .plot .series-0 { stroke: var(--accent); fill: var(--accent); }
        .plot .series-1 { stroke: var(--reference); fill: var(--reference); }
        .plot .series-2 { stroke: var(--above); fill: var(--above); }
        .plot .series-3 { stroke: var(--below); fill: var(--below); }
        .plot .series-4 { stroke: var(--soft); fill: var(--soft); }
        .plot .gain.unclear { fill: var(--paper); }

        .grids { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 28px; }
        .grid-block.large { grid-column: 1 / -1; }
        .grid-block h3 { margin-bottom: 6px; }
        .grid { table-layout: fixed; }
        .grid th { text-align: right; font-weight: 400; font-size: 12px; line-height: 1.25; color: var(--soft); padding: 10px 8px 0 0; width: 70px; vertical-align: top; overflow-wrap: anywhere; }
        .grid td { padding: 0 0 7px; }
        .strip { display: flex; gap: 3px; }
        .strip figure { flex: 0 1 42px; min-width: 0; margin: 0; }
        .large .strip { flex-wrap: wrap; }
        .large .strip figure { flex: 0 0 64px; }
        .strip img { display: block; width: 100%; height: auto; border-radius: 2px; outline: 1px solid var(--rule); outline-offset: -1px; }
        .strip img.small { image-rendering: pixelated; }
        .strip .bar { margin: 3px 0 1px; height: 3px; }
        .strip figcaption { font-size: 10px; line-height: 1.2; min-height: 2.4em; text-align: center; font-variant-numeric: tabular-nums; }
        .strip .weight, .strip .count { display: block; }
        .strip .count { color: var(--soft); }

        .bar { display: block; width: 100%; height: 6px; margin: 3px 0; border-radius: 2px; }
        .bar .track { fill: var(--track); }
        .bar.accent .fill { fill: var(--accent); }
        .bar.muted .fill { fill: var(--soft); opacity: 0.55; }
        .facts { width: auto; max-width: 100%; }
        .facts th, .facts td { text-align: left; vertical-align: baseline; padding: 4px 24px 4px 0; font-weight: 400; overflow-wrap: anywhere; }
        .facts th { color: var(--soft); white-space: nowrap; }

        @media screen and (max-width: 860px) {
          main { padding: 24px 16px; }
          .grids { grid-template-columns: minmax(0, 1fr); }
          .numbers { display: block; overflow-x: auto; }
        }
        @media print {
          :root { --paper: #ffffff; --ink: #000000; --soft: #555555; --rule: #cccccc; --track: #eeeeee; --accent: #1c5f7a; --accent-soft: #1c5f7a99; --reference: #8a4608; --band: #f7efe2; --above: #17603a; --below: #8c2f28; }
          @page { margin: 14mm; }
          body { font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          main { max-width: none; padding: 0; }
          h2, h3 { break-after: avoid; }
          tr, figure, .grid-block { break-inside: avoid; }
          .grids { display: block; }
          .grid-block { margin-bottom: 18px; }
          .large, .strip { break-inside: auto; }
          .numbers th, .numbers td { padding: 4px 5px; }
          .scores tbody th.text { min-width: 130px; }
          .summary dd, .findings { font-size: 11pt; }
          .numbers thead th, .scores .description, .legend, .small { font-size: 8pt; }
        }
        """;
}
