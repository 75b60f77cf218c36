// The one script. Pages work without it; with it times move on, new rows come by themselves, ids are copied, and j and k
// go from card to card. A part of a page in which somebody has begun to write is left alone.

export const SCRIPT = `'use strict';
(() => {
  const LIVE_MS = 10000, PAUSE_MS = 100, TIMES_MS = 30000, MINUTE = 60000, HOUR = 3600000, DAY = 86400000, DAYS_MAX = 14;

  const ago = (at, now) => {
    const apart = Math.abs(now - at);
    if (apart < MINUTE) return at <= now ? 'just now' : 'in a moment';
    if (apart > DAYS_MAX * DAY) return null;
    const [n, unit] = apart < HOUR ? [Math.floor(apart / MINUTE), 'min']
      : apart < 2 * DAY ? [Math.floor(apart / HOUR), 'h'] : [Math.floor(apart / DAY), 'days'];
    return at <= now ? n + ' ' + unit + ' ago' : 'in ' + n + ' ' + unit;
  };
  const tellTimes = () => {
    for (const time of document.querySelectorAll('time[datetime]')) {
      const at = Date.parse(time.dateTime), now = Date.now();
      const text = time.dataset.fine && at <= now && now - at < MINUTE
        ? Math.floor((now - at) / 1000) + ' s ago' : ago(at, now);
      if (text !== null && time.textContent !== text) time.textContent = text;
    }
  };

  const showCopies = (root) => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll('button[data-copy]')) button.hidden = false;
  };
  document.addEventListener('click', async ({ target }) => {
    const button = target.closest && target.closest('button[data-copy]');
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  // A form is sent once, however often its button is pressed.
  document.addEventListener('submit', (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = 'yes';
  });
  addEventListener('pageshow', () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  const isDirty = (field) => field.type === 'checkbox' || field.type === 'radio'
    ? field.checked !== field.defaultChecked
    : field.tagName === 'SELECT'
      ? [...field.options].some((each) => each.selected !== each.defaultSelected) && field.selectedIndex > 0
      : field.type !== 'hidden' && field.value !== field.defaultValue;
  const isBusy = (part) => part.contains(document.activeElement) && document.activeElement !== part
    && document.activeElement.matches('input,textarea,select,button,summary')
    || [...part.querySelectorAll('input,textarea,select')].some(isDirty)
    || [...part.querySelectorAll('details[open]')].some((each) => !each.hasAttribute('data-open'));
  const textOf = (part) => {
    const copy = part.cloneNode(true);
    for (const time of copy.querySelectorAll('time')) time.textContent = '';
    for (const button of copy.querySelectorAll('button[data-copy]')) button.hidden = true;
    copy.classList.remove('is-picked');
    return copy.innerHTML;
  };
  const replace = (old, fresh) => {
    const isPicked = old.classList.contains('is-picked');
    old.replaceWith(fresh);
    if (isPicked) { fresh.classList.add('is-picked'); fresh.focus({ preventScroll: true }); }
    showCopies(fresh);
  };
  const renew = (fresh) => {
    for (const list of document.querySelectorAll('[data-list]')) {
      const wanted = fresh.getElementById(list.id);
      if (!wanted) continue;
      const ids = new Set([...wanted.children].map((each) => each.id));
      let before = null;
      for (const next of [...wanted.children]) {
        const old = next.id && document.getElementById(next.id);
        if (!old) { if (before) before.after(next); else list.prepend(next); showCopies(next); before = next; }
        else if (!isBusy(old) && textOf(old) !== textOf(next)) { replace(old, next); before = next; }
        else before = old;
      }
      for (const old of [...list.children]) if (!ids.has(old.id) && !isBusy(old)) old.remove();
    }
    for (const part of document.querySelectorAll('[data-part]')) {
      const next = fresh.getElementById(part.id);
      if (next && !isBusy(part) && textOf(part) !== textOf(next)) replace(part, next);
    }
    document.title = fresh.title;
  };
  let asking = false;
  const look = async () => {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch(location.pathname + location.search.replace(/[?&]did=[^&]*/, ''),
        { redirect: 'error', headers: { accept: 'text/html' } });
      if (answer.ok) renew(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    } catch { /* The next look may be answered. */ } finally { asking = false; }
  };

  const pick = (step) => {
    const cards = [...document.querySelectorAll('[data-card]')];
    if (cards.length === 0) return;
    const at = cards.findIndex((card) => card.classList.contains('is-picked'));
    const next = cards[Math.min(cards.length - 1, Math.max(0, at + step))];
    for (const card of cards) card.classList.toggle('is-picked', card === next);
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches('input,textarea,select')) return;
    if (event.key === '/') {
      const box = document.querySelector('[data-search]');
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    }
    else if (event.key === 'j') pick(1);
    else if (event.key === 'k') pick(-1);
    else if (event.key === 'o') {
      const link = document.querySelector('[data-card].is-picked a');
      if (link) link.click();
    }
  });

  // A long month is added up page by page: each has the sums so far, and where it goes on.
  const goOn = async () => {
    for (;;) {
      const link = document.querySelector('[data-go-on]');
      if (!link) return;
      await new Promise((done) => setTimeout(done, PAUSE_MS));
      const answer = await fetch(link.href, { redirect: 'error' }).catch(() => null);
      if (!answer || !answer.ok) return;
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('report');
      if (!next || !link.isConnected) return;
      document.getElementById('report').replaceWith(next);
      tellTimes();
    }
  };
  goOn();

  for (const help of document.querySelectorAll('.keys-help')) help.hidden = false;
  showCopies(document);
  tellTimes();
  setInterval(tellTimes, document.querySelector('time[data-fine]') ? 1000 : TIMES_MS);
  if (document.body.dataset.live === 'yes') setInterval(look, LIVE_MS);
})();
`
