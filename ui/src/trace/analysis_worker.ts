// analyse() beside the page.
import { analyse } from '../model/analysis';
import type { TraceColumns } from '../model/columns';

self.onmessage = (event: MessageEvent<TraceColumns>) => {
  self.postMessage(analyse(event.data));
};
