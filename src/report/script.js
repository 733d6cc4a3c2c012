'use strict';
// Adds tooltips, walking along charts by arrow keys and sorting of tables. Everything is readable without.
(function () {
  const said = document.getElementById('said');
  const tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  document.body.append(tip);

  const SVG = 'http://www.w3.org/2000/svg';
  let follow = null; // keeps the tooltip at its mark while the page moves

  function setUp(chart) {
    const marks = Array.from(chart.querySelectorAll('.mark'));
    const words = marks.map(function (mark) {
      const title = mark.querySelector('title');
      const text = title ? title.textContent : '';
      if (title) title.remove(); // the browser's own tooltip would come on top of ours
      return text;
    });
    const places = marks.map(function (mark) {
      const at = { x: 0, y: 0 };
      const read = function (name) { return parseFloat(mark.getAttribute(name)); };
      if (mark.tagName === 'circle') { at.x = read('cx'); at.y = read('cy'); }
      else if (mark.tagName === 'rect') { at.x = read('x') + read('width') / 2; at.y = read('y') + read('height') / 2; }
      else { const start = mark.getAttribute('d').match(/-?[\d.]+/g); at.x = parseFloat(start[0]); at.y = parseFloat(start[1]) + 5; if (/^M[^h]*h10/.test(mark.getAttribute('d'))) at.x += 5; }
      return at;
    });
    const snap = chart.dataset.snap;
    const cross = document.createElementNS(SVG, 'line');
    cross.setAttribute('class', 'cross');
    let active = -1;

    function show(next, speaks) {
      if (next === active) return;
      if (active >= 0) marks[active].classList.remove('active');
      active = next;
      cross.remove();
      tip.hidden = active < 0;
      follow = active < 0 ? null : function () { place(places[active]); };
      if (active < 0) return;
      marks[active].classList.add('active');
      const at = places[active];
      if (snap === 'x') {
        const box = chart.viewBox.baseVal;
        cross.setAttribute('x1', at.x);
        cross.setAttribute('x2', at.x);
        cross.setAttribute('y1', 30);
        cross.setAttribute('y2', box.height - 54);
        chart.insertBefore(cross, marks[0]);
      }
      tip.textContent = words[active];
      place(at);
      if (speaks) said.textContent = words[active] + ' (' + (active + 1) + ' of ' + marks.length + ')';
    }

    function place(at) {
      const matrix = chart.getScreenCTM();
      if (!matrix) return;
      const x = at.x * matrix.a + matrix.e;
      const y = at.y * matrix.d + matrix.f;
      const size = tip.getBoundingClientRect();
      const left = Math.min(Math.max(8, x - size.width / 2), document.documentElement.clientWidth - size.width - 8);
      const above = y - size.height - 14;
      tip.style.left = left + 'px';
      tip.style.top = (above > 8 ? above : y + 16) + 'px';
    }

    function nearest(event) {
      const matrix = chart.getScreenCTM();
      if (!matrix) return -1;
      const x = (event.clientX - matrix.e) / matrix.a;
      const y = (event.clientY - matrix.f) / matrix.d;
      let best = -1;
      let least = snap === 'x' ? Infinity : 26;
      places.forEach(function (at, index) {
        const far = snap === 'x' ? Math.abs(at.x - x) + Math.abs(at.y - y) / 1e3 : Math.hypot(at.x - x, at.y - y);
        if (far < least) { least = far; best = index; }
      });
      return best;
    }

    if (!marks.length) return;
    chart.addEventListener('pointermove', function (event) { show(nearest(event), false); });
    chart.addEventListener('pointerleave', function () { show(-1, false); });
    chart.addEventListener('focus', function () { said.textContent = 'arrow keys move along ' + marks.length + ' points'; });
    chart.addEventListener('blur', function () { show(-1, false); });
    chart.addEventListener('keydown', function (event) {
      const last = marks.length - 1;
      const steps = {
        ArrowRight: active < last ? active + 1 : last, ArrowDown: active < last ? active + 1 : last,
        ArrowLeft: active > 0 ? active - 1 : 0, ArrowUp: active > 0 ? active - 1 : 0,
        Home: 0, End: last, Escape: -1
      };
      if (!(event.key in steps)) return;
      event.preventDefault();
      show(steps[event.key], true);
    });
  }

  function sortable(table) {
    const body = table.tBodies[0];
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.textContent = '';
      head.append(button);
      button.addEventListener('click', function () {
        const ascends = head.getAttribute('aria-sort') === 'descending' ||
          (!head.hasAttribute('aria-sort') && !head.classList.contains('n'));
        heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', ascends ? 'ascending' : 'descending');
        const rows = Array.from(body.rows).map(function (row) { return { row: row, key: key(row.cells[column]) }; });
        rows.sort(function (a, b) { return compare(a.key, b.key, ascends); });
        rows.forEach(function (one) { body.append(one.row); });
        said.textContent = 'sorted by ' + button.textContent + (ascends ? ', ascending' : ', descending');
      });
    });
  }

  function key(cell) {
    if (!cell.classList.contains('n')) return cell.textContent;
    const text = 'v' in cell.dataset ? cell.dataset.v : cell.textContent;
    return text === '' ? null : parseFloat(text);
  }

  // What has no value stays last whichever way one sorts.
  function compare(a, b, ascends) {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === 'number' ? a - b : a.localeCompare(b, 'en', { numeric: true });
    return ascends ? order : -order;
  }

  document.querySelectorAll('.chart').forEach(setUp);
  document.querySelectorAll('table.sortable').forEach(sortable);
  addEventListener('beforeprint', function () {
    document.querySelectorAll('details').forEach(function (one) { one.open = true; });
  });
  addEventListener('scroll', function () { if (follow) follow(); }, { passive: true, capture: true });
})();
