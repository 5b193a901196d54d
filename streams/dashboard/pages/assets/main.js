/** Starts the dashboard: who is reading, what there is, and then the page of the address. */

import { App } from "./app.js";
import { start } from "./router.js";
import { listen } from "./shortcuts.js";

const app = new App();
listen(app);
start(() => app.show());
app.begin();
