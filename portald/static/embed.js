// <a href="…/new?…" data-helpdesk="Close"> opens the form in place. Nothing is loaded before the click.
(() => {
  const home = document.currentScript.src.replace(/\/embed\.js.*/, '');
  const opened = new Map();
  const make = (tag, given) => Object.assign(document.createElement(tag), given);

  const dialogOf = (link) => {
    const title = link.textContent.trim();
    const dialog = make('dialog', { ariaLabel: title, style: 'width: 44rem; padding: .5rem' });
    const close = make('button', {
      textContent: link.dataset.helpdesk || 'Close',
      style: 'display: block; position: sticky; top: 0; margin-inline-start: auto; padding: .5rem 1rem',
      onclick: () => dialog.close(),
    });
    const frame = make('iframe', {
      title,
      src: home + '/embed' + link.href.slice(home.length),
      style: 'display: block; width: 100%; height: 80vh; border: 0',
      onload: () => {
        dialog.scrollTop = 0;
        setTimeout(() => dialog.heard || location.assign(link), 999); // this site is not listed
      },
    });
    dialog.onclose = () => link.focus();
    dialog.append(close, frame);
    document.body.append(dialog);
    return dialog;
  };

  addEventListener('click', (event) => {
    const link = event.target.closest('a[data-helpdesk]');
    if (!link?.href.startsWith(home + '/new') || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!opened.has(link)) opened.set(link, dialogOf(link));
    opened.get(link).showModal();
  });

  // Frames say how high they are, or 0 for Escape.
  addEventListener('message', ({ origin, source, data }) => {
    const frame = [...document.querySelectorAll('iframe')].find((each) => each.contentWindow === source);
    if (!frame || origin !== new URL(home).origin || typeof data !== 'number') return;
    const dialog = frame.closest('dialog');
    if (dialog) dialog.heard = true;
    if (data > 0) frame.style.height = data + 'px';
    else dialog?.close();
  });
})();
