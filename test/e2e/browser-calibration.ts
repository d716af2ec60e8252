/**
 * A page whose work never changes: what it takes here tells how fast this machine, this browser and what runs beside them are just
 * now. Like a timeline it unpacks data, fills a table and draws on a canvas, at once and for each key; nothing of it is ours to make
 * faster.
 */
export const CALIBRATION_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>calibration</title>
<canvas id="canvas" width="1300" height="600"></canvas>
<table id="rows"></table>
<script>
  const context = document.getElementById("canvas").getContext("2d");
  let state = 7;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  // Numbers through text and back, sorted: as unpacking does.
  const text = Array.from({ length: 300000 }, () => random(1e9)).join(",");
  const numbers = Int32Array.from(text.split(","), Number).sort();
  let offset = 0;
  const draw = () => {
    context.clearRect(0, 0, 1300, 600);
    let sum = 0;
    for (let i = 0; i < numbers.length; i++) sum = (sum + Math.imul(numbers[i], i + offset)) | 0;
    for (let i = 0; i < 1500; i++) {
      context.strokeStyle = ["#234", "#456", "#a34"][i % 3];
      context.beginPath();
      context.moveTo((numbers[i * 7] + offset) % 1300, 20 + (i % 5) * 120);
      context.lineTo((numbers[i * 7 + 1] + offset) % 1300, 20 + ((i + 1) % 5) * 120);
      context.stroke();
    }
    for (let i = 0; i < 60; i++) context.fillText("calibration " + String(sum), numbers[i * 9] % 1200, 30 + i * 9);
  };
  document.getElementById("rows").innerHTML = Array.from(
    { length: 400 },
    (_, i) => "<tr><td>" + i + "</td><td>" + numbers[i] + "</td><td>a row of the table</td></tr>",
  ).join("");
  addEventListener("keydown", () => requestAnimationFrame(() => {
    offset += 3;
    draw();
  }));
  draw();
  requestAnimationFrame(() => requestAnimationFrame(() => document.documentElement.setAttribute("data-ready", "")));
</script>
</html>
`;

/** What the page takes on the machine that the timeline's budgets are written for, with nothing beside it, ms. */
export const REFERENCE = { ready: 300, frame: 8 } as const;
