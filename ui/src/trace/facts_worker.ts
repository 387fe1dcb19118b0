// traceFacts() beside the page.
import type { TraceColumns } from '../model/columns';
import { traceFacts } from '../model/facts';

self.onmessage = (event: MessageEvent<TraceColumns>) => {
  self.postMessage(traceFacts(event.data));
};
