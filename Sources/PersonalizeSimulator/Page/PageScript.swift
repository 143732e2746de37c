/// What makes the pages live: the server's own pages, asked for again when something has changed.
enum PageScript {
    static let text = #"""
        "use strict";
        {
          const state = document.getElementById("live");
          const shown = new Map();
          let source = null, isBusy = false, isStale = false;

          const say = (text, isLive) => {
            if (state.textContent !== text) state.textContent = text;
            state.classList.toggle("on", isLive);
          };

          // Puts the fresh part in place of the old one; what was open stays open, and the focus where it was.
          const replace = (part, fresh) => {
            if (shown.get(part.id) === fresh.innerHTML) return;
            shown.set(part.id, fresh.innerHTML);
            const open = [...part.querySelectorAll("details[open]")].map(details => details.id);
            const rows = new Set([...part.querySelectorAll("tr[id]")].map(row => row.id));
            const focus = part.contains(document.activeElement) ? document.activeElement : null;
            const place = focus?.closest("tr[id], details[id]")?.id;
            part.replaceChildren(...fresh.childNodes);
            for (const id of open) document.getElementById(id)?.setAttribute("open", "");
            for (const row of part.querySelectorAll("tr[id]")) if (!rows.has(row.id)) row.classList.add("fresh");
            if (!focus) return;
            const scope = (place && document.getElementById(place)) || part;
            const same = [...scope.querySelectorAll(focus.localName)].find(
              element => element.getAttribute("href") === focus.getAttribute("href"));
            same?.focus({preventScroll: true});
          };

          const refresh = async () => {
            if (isBusy) { isStale = true; return; }
            isBusy = true;
            const start = performance.now();
            try {
              const response = await fetch(location.href, {cache: "no-store"});
              const page = new DOMParser().parseFromString(await response.text(), "text/html");
              for (const part of document.querySelectorAll("[data-live]")) {
                const fresh = page.getElementById(part.id);
                if (fresh) replace(part, fresh);
              }
            } catch { /* The stream of events tells that the simulator has gone. */ }
            // A page that takes long to make is asked for less often.
            setTimeout(() => {
              isBusy = false;
              if (isStale) { isStale = false; refresh(); }
            }, 3 * (performance.now() - start));
          };

          const listen = () => {
            source = new EventSource("/__simulator/events");
            source.onopen = () => { say("Live", true); refresh(); };
            source.onmessage = refresh;
            source.onerror = () => source.readyState === EventSource.CLOSED
              ? say("Not live: reload to see what is new", false) : say("Connection lost, trying again", false);
          };

          for (const part of document.querySelectorAll("[data-live]")) shown.set(part.id, part.innerHTML);
          // A page that nobody sees leaves its place to others.
          document.addEventListener("visibilitychange", () => {
            if (document.hidden) { source.close(); say("Paused", false); } else listen();
          });
          if (!document.hidden) listen(); else source = {close() {}};
        }

        """#
}
