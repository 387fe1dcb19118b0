import { Component, type ComponentChildren } from 'preact';
import { linkTo } from '../router';
import { CopyButton } from './copy_button';
import { ErrorIcon } from './icons';

interface Props {
  /** Whatever has another one gets a new try. */
  of: string;
  children: ComponentChildren;
}

interface State {
  of: string;
  error: unknown;
}

/** Catches what a page throws while it is drawn, and says what happened and whom to tell. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { of: this.props.of, error: undefined };

  static override getDerivedStateFromProps({ of }: Props, state: State): State | null {
    return of === state.of ? null : { of, error: undefined };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    const { error } = this.state;
    return error === undefined ? this.props.children : <Failed error={error} />;
  }
}

function Failed({ error }: { error: unknown }) {
  const message = error instanceof Error ? error.message : String(error);
  const report = reportOf(error);
  return (
    <main id="main" class="notice-page">
      <ErrorIcon />
      <h1>This page has failed</h1>
      <p class="said" role="alert">
        {message}
      </p>
      <p>
        That is a fault of Clew, not of your data: the traces are safe. Please report it with the
        text below, which names the address of this page and the place in the code.
      </p>
      <pre class="report" tabIndex={0}>
        {report}
      </pre>
      <p class="choices">
        <button type="button" class="button primary" onClick={() => location.reload()}>
          Load it again
        </button>
        <CopyButton text={report} label="Copy the report" caption="Copy the report" />
        <a class="button" href={linkTo('/search')}>
          Search traces
        </a>
      </p>
    </main>
  );
}

function reportOf(error: unknown): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${location.href}\n${navigator.userAgent}\n${what}`;
}
