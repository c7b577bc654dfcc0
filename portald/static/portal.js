// Makes forms kinder where scripts run: articles while typing, files by dropping, text that outlives its page.
// Every page works without it. What it says stands in data attributes; what it inserts comes from this server.
(() => {
  'use strict';
  const make = (tag, given) => Object.assign(document.createElement(tag), given);
  const megabytes = new Intl.NumberFormat(document.documentElement.lang, {
    style: 'unit', unit: 'megabyte', maximumFractionDigits: 1,
  });

  // Articles that may answer what is being typed
  const suggestFor = (input) => {
    const box = make('div', { ariaLive: 'polite' });
    input.closest('.field').after(box);
    let asked = '', waiting;
    const ask = async () => {
      const words = input.value.trim();
      if (words === asked) return;
      asked = words;
      const address = new URL(input.dataset.suggest, location);
      address.searchParams.set('q', words);
      const answer = words.length > 2 && await fetch(address);
      const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : '', 'text/html');
      if (words !== asked) return; // a later answer is on its way
      page.querySelectorAll('a').forEach((link) => { link.target = '_blank'; });
      box.className = page.body.children.length ? 'panel' : '';
      box.replaceChildren(...page.body.children);
    };
    input.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask().catch(() => {}), 300);
    });
  };

  // Files dropped anywhere on the page join those that were chosen; the room that is left is told before sending
  const takeFiles = (input) => {
    const told = make('p', { role: 'status' });
    input.after(told);
    const tell = () => {
      const files = [...input.files];
      const { room, most, left, over } = input.dataset;
      const rest = files.reduce((sum, file) => sum - file.size, Number(room)) / 1024 ** 2;
      const many = files.length > most;
      const words = (rest < 0 ? over : left).replace('{}', megabytes.format(Math.abs(rest)));
      const limits = document.getElementById('files-hint').textContent;
      told.className = many || rest < 0 ? 'problem' : 'hint';
      told.textContent = files.length ? `${files.map((file) => file.name).join(', ')}: ${many ? limits : words}` : '';
    };
    const when = (kind, act) => addEventListener(kind, (event) => {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault(); // or the browser would leave the page to show the file
      act(event.dataTransfer.files);
    });
    input.addEventListener('change', tell);
    when('dragover', () => {});
    when('drop', (dropped) => {
      const all = new DataTransfer();
      [...input.files, ...dropped].forEach((file) => all.items.add(file));
      input.files = all.files;
      tell();
    });
  };

  // What was typed is kept until it is sent: in this tab, on a device of one's own ("stay signed in") in the browser
  const PREFIX = 'draft ';
  const WEEK = 7 * 86400e3;
  const forget = (chosen) => [sessionStorage, localStorage].forEach((store) => Object.keys(store)
    .filter((key) => key.startsWith(PREFIX) && chosen(key, store)).forEach((key) => store.removeItem(key)));

  const keepText = (form) => {
    const { draft, own, offer, bring, drop } = form.dataset;
    const store = own ? localStorage : sessionStorage;
    const key = `${PREFIX}${draft} ${new URL(form.action).pathname}`;
    const fields = [...form.querySelectorAll('textarea, input[name=subject]')];
    const kept = JSON.parse(store.getItem(key))?.text;
    const body = form.querySelector('textarea');
    if (kept?.[body.name] && !body.value) {
      const told = make('p', { className: 'panel', textContent: `${offer} ` });
      const button = (label, act) => make('button', {
        type: 'button', className: 'quiet', textContent: label, onclick: () => { act(); told.remove(); body.focus(); },
      });
      told.append(
        button(bring, () => fields.forEach((field) => { field.value = kept[field.name] ?? field.value; })),
        button(drop, () => store.removeItem(key)),
      );
      form.prepend(told);
    }
    form.addEventListener('input', () => {
      const text = Object.fromEntries(fields.map((field) => [field.name, field.value]));
      store.setItem(key, JSON.stringify({ at: Date.now(), text }));
    });
    form.addEventListener('submit', () => sessionStorage.setItem('sending', key));
  };

  const mindLeaving = (form) => {
    let sending = false;
    document.addEventListener('submit', () => { sending = true; });
    addEventListener('pageshow', () => { sending = false; });
    addEventListener('beforeunload', (event) => {
      if (!sending && form.querySelector('textarea').value.trim()) event.preventDefault();
    });
  };

  // To the page around a frame, which is a listed one: how high this one is, and 0 for Escape
  const speakOut = () => {
    const tell = (number) => parent.postMessage(number, '*');
    const tellHeight = () => tell(document.body.offsetHeight);
    tellHeight(); // at once: a page in the background is not watched
    new ResizeObserver(tellHeight).observe(document.body);
    addEventListener('keydown', (event) => event.key === 'Escape' && tell(0));
  };

  const each = (found, act) => document.querySelectorAll(found).forEach(act);
  each('[data-suggest]', suggestFor);
  each('[data-room]', takeFiles);
  if (parent !== window) return speakOut(); // other people's pages: nothing is stored there
  each('form[data-draft]', mindLeaving);
  try {
    if (document.querySelector('[data-sent]')) forget((key) => key === sessionStorage.sending);
    forget((key, store) => !(JSON.parse(store[key]).at > Date.now() - WEEK));
    each('form[data-draft]', keepText);
    each('form[action$="/logout"]', (form) => form.addEventListener('submit', () => forget(() => true)));
  } catch { /* a browser that stores nothing */ }
})();
