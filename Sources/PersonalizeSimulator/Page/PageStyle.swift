/// The stylesheet of the pages.
enum PageStyle {
    static let text = """
        :root {
          color-scheme: light dark;
          --ground: #f5f7f9; --sheet: #fff; --text: #1b2430; --quiet: #5a6675; --line: #dde3e9; --link: #0d559b;
          --good: #136c3f; --good-ground: #e2f3ea; --warn: #7d4a00; --warn-ground: #fbefd9; --bad: #a3231c;
          --bad-ground: #fbe6e4; --plain-ground: #edf0f3; --fresh: #fff4cc;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #0f141a; --sheet: #171e26; --text: #e4eaf0; --quiet: #9ba8b6; --line: #2a343f; --link: #86bdf5;
            --good: #7fd4a6; --good-ground: #15301f; --warn: #f0c179; --warn-ground: #362a12; --bad: #f5a39c;
            --bad-ground: #3b1c1a; --plain-ground: #222b35; --fresh: #35341c;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text); line-height: 1.5;
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
        a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
        a:hover { text-decoration-thickness: 2px; }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
        main:focus { outline: none; }
        code, pre { font-family: var(--mono); font-size: 0.88em; unicode-bidi: isolate; overflow-wrap: anywhere; }
        .skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--sheet); z-index: 2; }
        .skip:focus { top: 0.5rem; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .quiet { color: var(--quiet); }

        .top { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; padding: 0.75rem 1.5rem;
          background: var(--sheet); border-bottom: 1px solid var(--line); }
        .brand { font-weight: 650; color: inherit; text-decoration: none; letter-spacing: -0.01em; }
        nav { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem; }
        .top nav a, .project a { padding: 0.25rem 0.65rem; border-radius: 6px; text-decoration: none; }
        .top nav a:hover, .project a:hover { background: var(--plain-ground); }
        nav a[aria-current] { background: var(--plain-ground); color: var(--text); font-weight: 600; }
        #live { margin: 0 0 0 auto; color: var(--quiet); font-size: 0.87rem; }
        #live::before { content: "○ "; }
        #live.on { color: var(--good); }
        #live.on::before { content: "● "; }
        .project { padding: 0.5rem 1.5rem; border-bottom: 1px solid var(--line); }
        .project span { color: var(--quiet); margin-right: 0.75rem; }

        main { max-width: 88rem; margin: 0 auto; padding: 1.5rem; }
        footer { max-width: 88rem; margin: 0 auto; padding: 0 1.5rem 2rem; color: var(--quiet); font-size: 0.87rem; }
        h1 { margin: 0 0 1.25rem; font-size: 1.6rem; line-height: 1.25; letter-spacing: -0.02em; overflow-wrap: anywhere; }
        h2 { margin: 1.5rem 0 0.5rem; font-size: 1.1rem; }
        section { margin-bottom: 1.5rem; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 1.5rem; }
        .columns section:empty { display: none; }

        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 0; }
        .figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: 0.8rem 1rem;
          background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; }
        .figures dt { color: var(--quiet); font-size: 0.87rem; line-height: 1.35; }
        .figures dd { margin: 0; font-size: 1.7rem; line-height: 1.2; font-weight: 600; letter-spacing: -0.02em;
          font-variant-numeric: tabular-nums; }

        table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--sheet);
          border: 1px solid var(--line); border-radius: 10px; }
        caption { text-align: left; font-weight: 600; font-size: 1.05rem; padding: 0 0 0.5rem; }
        th, td { padding: 0.5rem 0.75rem; text-align: left; vertical-align: top; font-weight: 400; }
        thead th { color: var(--quiet); font-size: 0.82rem; font-weight: 600; white-space: nowrap;
          border-bottom: 1px solid var(--line); }
        tbody tr + tr > * { border-top: 1px solid var(--line); }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        thead .number { text-align: right; }
        .log tbody { font-size: 0.93em; }
        .log time { font-variant-numeric: tabular-nums; }
        .log time { white-space: nowrap; }
        .small th[scope="row"] { min-width: 7.5rem; }
        .empty { padding: 1.25rem; margin: 0; color: var(--quiet); border: 1px dashed var(--line); border-radius: 10px; }
        .mark { display: inline-block; padding: 0.05rem 0.5rem; border-radius: 6px; background: var(--plain-ground);
          color: var(--text); font-size: 0.92em; }
        .mark.good { background: var(--good-ground); color: var(--good); }
        .mark.warn { background: var(--warn-ground); color: var(--warn); }
        .mark.bad { background: var(--bad-ground); color: var(--bad); }
        .pair { display: inline-block; margin-right: 0.6rem; }
        .pair code:first-child { color: var(--quiet); }
        .rules ul { margin: 0.15rem 0 0; padding-left: 1.1rem; }
        .rules li { margin: 0.15rem 0; }
        .preset { font-style: italic; }
        .uids { columns: 14rem; padding-left: 1.2rem; }
        summary { cursor: pointer; }
        summary code { word-break: break-all; }
        pre { margin: 0.5rem 0 0; padding: 0.6rem; background: var(--ground); border-radius: 6px; white-space: pre-wrap; }

        .filters { display: flex; flex-wrap: wrap; align-items: end; gap: 0.75rem; margin-bottom: 1.5rem; }
        .filters label { display: grid; gap: 0.2rem; font-size: 0.87rem; color: var(--quiet); }
        .filters .hint { flex-basis: 100%; margin: -0.25rem 0 0; font-size: 0.87rem; color: var(--quiet); }
        input, select, button { font: inherit; font-size: 1rem; padding: 0.4rem 0.6rem; color: var(--text);
          background: var(--sheet); border: 1px solid var(--quiet); border-radius: 6px; min-height: 2.5rem; }
        button { padding-inline: 1rem; background: var(--link); border-color: var(--link); color: var(--sheet);
          font-weight: 600; cursor: pointer; }
        .pager { gap: 1rem; margin-top: 0.75rem; font-variant-numeric: tabular-nums; }
        .pager a { padding: 0.3rem 0; }

        @media (prefers-reduced-motion: no-preference) {
          .fresh > * { animation: fresh 2s ease-out; }
          @keyframes fresh { from { background: var(--fresh); } }
        }

        @media (min-width: 48.01rem) {
          .wide th[scope="row"] { min-width: 9.5rem; }
          .log th[scope="row"] { min-width: 7rem; }
          .log td:nth-child(2) { min-width: 12.5rem; }
          .log td:nth-child(3) { min-width: 7rem; }
          .log td:nth-child(5) .mark { white-space: nowrap; }
          .log td:nth-child(8) { min-width: 12rem; }
          .log time .quiet { display: block; }
        }

        @media (max-width: 48rem) {
          .top, .project { padding-inline: 1rem; }
          main { padding: 1rem; }
          footer { padding-inline: 1rem; }
          .top nav { order: 1; flex-basis: 100%; }
          .top nav, .project { column-gap: 0; }
          .top nav a:first-child, .project span + a { margin-left: -0.65rem; }
          .project span { flex-basis: 100%; }
          .filters label, .filters input, .filters select { width: 100%; }
          .figures { grid-template-columns: repeat(2, 1fr); }
          table.wide, table.wide :is(caption, tbody, tr, th, td) { display: block; }
          table.wide thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
            clip-path: inset(50%); }
          table.wide { border: none; background: none; border-radius: 0; }
          table.wide tbody tr { padding: 0.5rem 0.25rem; margin-bottom: 0.6rem; background: var(--sheet);
            border: 1px solid var(--line); border-radius: 10px; }
          table.wide tbody tr > * { border: none; padding: 0.2rem 0.75rem; }
          table.wide td { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 0.5rem; }
          table.wide td::before { content: attr(data-label); color: var(--quiet); font-size: 0.87rem; }
          table.wide .number { text-align: left; }
          table.wide td > * { justify-self: start; max-width: 100%; }
        }

        """
}
