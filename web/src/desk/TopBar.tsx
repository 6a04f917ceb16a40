import { useState } from 'preact/hooks';

import { fill } from '../lib/locale';
import { plain } from '../lib/rich';
import { useAttention } from './attention';
import type { Agent } from './api';
import type { DeskClient, DeskState } from './client';
import type { Strings } from './strings';

interface Props {
  client: DeskClient;
  state: DeskState;
  strings: Strings;
  onLanguage(): void;
  onSessions(): void;
}

export function TopBar({ client, state, strings, onLanguage, onSessions }: Props) {
  const [sound, setSound] = useState(() => localStorage.getItem('desk:sound') !== 'off');
  const { agent, floor, unseen } = state;
  const news = floor.waiting.length + Object.values(unseen).reduce((sum, each) => sum + each, 0);
  useAttention(news, `${strings.title} · ${strings.brand}`, sound && agent?.state === 'available');
  function switchSound(): void {
    localStorage.setItem('desk:sound', sound ? 'off' : 'on');
    setSound(!sound);
  }
  const brand = <><img src="../mark.svg" alt="" width="28" height="28" />{strings.brand} <i>{strings.title}</i></>;
  return (
    <header class="top">
      {agent ? <h1 class="brand">{brand}</h1> : <span class="brand">{brand}</span>}
      {agent && <Team agents={floor.agents} me={agent} strings={strings} />}
      <span class="space" />
      {agent && (
        <div class="switch" role="group" aria-label={strings.state}>
          {(['available', 'away'] as const).map((each) => (
            <button type="button" key={each} aria-pressed={agent.state === each} onClick={() => void client.setState(each)}>
              <i class={`dot ${each}`} aria-hidden="true" />{strings[each]}
            </button>
          ))}
        </div>
      )}
      {agent && (
        <button type="button" class="tool" aria-pressed={sound} title={strings.sound} aria-label={strings.sound} onClick={switchSound}>
          <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4" />{!sound && <path d="M4 4l16 16" />}
          </svg>
        </button>
      )}
      <button type="button" class="tool" lang={strings.language === 'EN' ? 'en' : 'zh-CN'} aria-label={strings.languageLabel} onClick={onLanguage}>{strings.language}</button>
      {agent && (
        <span class="me">
          <button type="button" class="name" title={strings.sessionsOf} onClick={onSessions}><bdi>{plain(agent.name)}</bdi></button>{agent.role === 'supervisor' && <small>{strings.supervisor}</small>}
          <button type="button" onClick={() => void client.signOut()}>{strings.signOut}</button>
        </span>
      )}
    </header>
  );
}

/** Who else is here: a supervisor sees how much everybody has. */
function Team({ agents, me, strings }: { agents: Agent[]; me: Agent; strings: Strings }) {
  const here = agents.filter((each) => each.id !== me.id && each.state !== 'offline').slice(0, 6);
  if (!here.length) return null;
  return (
    <ul class="team" role="list" aria-label={strings.team}>
      {here.map((each) => {
        const busy = me.role === 'supervisor' ? ` · ${fill(strings.free, { load: each.load, capacity: each.capacity })}` : '';
        const state = each.state === 'available' ? strings.available : strings.away;
        return <li key={each.id} title={`${each.name} · ${state}${busy}`}><i class={`dot ${each.state}`} aria-hidden="true" />{each.name}<span class="hidden"> {state}</span>{busy}</li>;
      })}
    </ul>
  );
}
