// Server-sent events, read from text as it comes. Source: HTML Living Standard, 9.2.6.

export interface ServerEvent {
  /** "message" where the server names none. */
  name: string;
  data: string;
}

/** More than this of one event is no event of clew's: a summary takes some kilobytes. */
const kMostEventChars = 1 << 20;

/** Collects pieces of a stream and gives the events that are whole. */
export class ServerEvents {
  private rest = '';
  private name = '';
  private data: string[] = [];
  private size = 0;

  /** The events that `text` completes; throws once one is longer than any may be. */
  take(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    const events: ServerEvent[] = [];
    for (const line of lines) {
      this.size += line.length;
      if (line === '') this.finish(events);
      else this.takeLine(line);
    }
    if (this.size + this.rest.length > kMostEventChars) throw new Error('an event without an end');
    return events;
  }

  private takeLine(line: string): void {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    // A line that begins with a colon has no field: a comment, by which the server says it is there.
    if (field === 'event') this.name = value;
    else if (field === 'data') this.data.push(value);
  }

  private finish(events: ServerEvent[]): void {
    if (this.data.length > 0) {
      events.push({ name: this.name || 'message', data: this.data.join('\n') });
    }
    this.name = '';
    this.data = [];
    this.size = 0;
  }
}
