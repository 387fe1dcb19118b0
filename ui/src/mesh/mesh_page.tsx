// The mesh: where its edges and core locations are, what goes between them, what its proxies have.
import { useEffect, useRef } from 'preact/hooks';
import type { PageProps } from '../pages';
import { Failure } from '../parts/failure';
import { ErrorIcon, WarningIcon } from '../parts/icons';
import { useCommands } from '../parts/commands';
import { plural } from '../parts/service_pill';
import { linkTo, navigate } from '../router';
import '../styles/mesh.css';
import { formatClock } from '../text/time';
import { EdgeDetail, ProxyDetailPanel } from './details';
import { MeshMap, proxiesText } from './mesh_map';
import { meshProblems, type MeshProblem } from './mesh_problems';
import { meshPath, readChoice, type MeshChoice } from './mesh_url';
import { meshOf, type Answers } from './model';
import { Certificates, ControlPlanesTable } from './other_tables';
import { ProxiesTable } from './proxies_table';
import { ServicesTable } from './services_table';
import { useMesh, type MeshReadings } from './use_mesh';
import { WaysTable } from './ways_table';

export function MeshPage({ url }: PageProps) {
  const readings = useMesh();
  const choice = readChoice(url.searchParams);
  const find = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    document.title = `${choice.edge || choice.zone || choice.proxy || 'Mesh'} · Clew`;
  }, [choice.edge, choice.zone, choice.proxy]);
  useCommands('Mesh', [
    { label: 'Find proxies', keys: ['/'], run: () => find.current?.focus() },
    {
      label: 'Close the edge or proxy',
      keys: ['Escape'],
      run: () => navigate(meshPath(choice, { edge: '' }), 'replace'),
    },
  ]);
  const { about, answers, error, readAtMs } = readings;
  if (about && !about.configured) return <NotConfigured />;
  if (!answers) {
    return (
      <main id="main" class="mesh-page" aria-busy={!error}>
        <h1 class="hidden">Mesh</h1>
        {error ? (
          <Failure title="The mesh cannot be shown" error={error}>
            {about?.url !== undefined && (
              <p>
                The store asks <code>{about.url}</code>, which <code>--mesh-url</code> names, again
                every few seconds.
              </p>
            )}
          </Failure>
        ) : (
          <p class="dim">Asking the control plane…</p>
        )}
      </main>
    );
  }
  return (
    <main id="main" class="mesh-page">
      <h1 class="hidden">Mesh</h1>
      {error && (
        <p class="notice failed" role="alert">
          <ErrorIcon />
          <span>
            {error.message} What is shown is of {formatClock(readAtMs)}.
          </span>
        </p>
      )}
      <Shown
        answers={answers}
        readings={readings}
        choice={choice}
        findRef={i => (find.current = i)}
      />
    </main>
  );
}

interface ShownProps {
  answers: Answers;
  readings: MeshReadings;
  choice: MeshChoice;
  findRef: (input: HTMLInputElement | null) => void;
}

function Shown({ answers, readings, choice, findRef }: ShownProps) {
  const mesh = meshOf(answers);
  const nowMs = Date.now();
  const { self } = answers.controlPlanes;
  const proxy = answers.proxies.find(({ mesh, name }) => `${mesh}/${name}` === choice.proxy);
  const isKnownEdge = mesh.edges.some(({ name }) => name === choice.edge);
  return (
    <>
      <p class="mesh-about">
        <b>
          {proxiesText(answers.proxies.length)}, {plural(mesh.edges.length, 'edge')},{' '}
          {plural(mesh.zones.length, 'core location')}
        </b>
        <span class="dim">
          control plane {self.name || readings.about?.url}, {self.mode}
          {self.zone !== '' && ` in ${self.zone}`}
        </span>
      </p>
      <Problems problems={meshProblems(answers, mesh, nowMs)} choice={choice} />
      <div class="mesh-top" data-detail={isKnownEdge || proxy !== undefined}>
        <MeshMap mesh={mesh} choice={choice} />
        {isKnownEdge && <EdgeDetail mesh={mesh} choice={choice} round={readings.readAtMs} />}
        {proxy && (
          <ProxyDetailPanel proxy={proxy} choice={choice} round={readings.readAtMs} nowMs={nowMs} />
        )}
      </div>
      {choice.proxy !== '' && !proxy && (
        <p class="notice">
          <WarningIcon />
          <span>There is no proxy {choice.proxy} (any more).</span>
        </p>
      )}
      <WaysTable mesh={mesh} choice={choice} spans={readings.spans} />
      {answers.services && <ServicesTable services={answers.services} choice={choice} />}
      <ProxiesTable proxies={answers.proxies} choice={choice} findRef={findRef} />
      <Certificates certificates={answers.certificates} nowMs={nowMs} />
      <ControlPlanesTable planes={answers.controlPlanes} />
    </>
  );
}

function Problems({ problems, choice }: { problems: MeshProblem[]; choice: MeshChoice }) {
  if (problems.length === 0) {
    return (
      <p class="mesh-fine" role="status">
        Nothing is wrong: every proxy has what it shall have, every core location answers.
      </p>
    );
  }
  return (
    <ul class="mesh-problems" aria-label="Problems">
      {problems.map(({ level, what, advice, show }) => (
        <li key={what} class={level === 'error' ? 'notice failed' : 'notice'}>
          {level === 'error' ? <ErrorIcon /> : <WarningIcon />}
          <span>
            <b>{what}</b> {advice} {show && <a href={linkTo(meshPath(choice, show))}>Show</a>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function NotConfigured() {
  return (
    <main id="main" class="notice-page">
      <h1>No mesh is configured</h1>
      <p>
        This page shows the edges, core locations and proxies of a mesh that{' '}
        <code>clew mesh run</code> controls. Tell the store where that is:
      </p>
      <pre class="mesh-command">
        clew mesh token ui --role reader &gt; reader.token{'\n'}clew all-in-one --mesh-url
        http://127.0.0.1:5681 --mesh-token-file reader.token
      </pre>
      <p>
        The token is only needed where the control plane runs with{' '}
        <code>--operator-tokens true</code>. In a configuration file these are <code>mesh.url</code>{' '}
        and <code>mesh.token_file</code>.
      </p>
      <p>
        Without a mesh, <a href={linkTo('/search')}>search</a> traces by the tags <code>edge</code>{' '}
        and <code>core_location</code>.
      </p>
    </main>
  );
}
