/// The example files of the contract, with the two attributes that its mappings name beyond its list.
enum ContractExamples {
    static let headrace = #"""
        version: 1
        name: acme-personalize
        sources:
          shop:      {type: sqlite, path: demo/shop.db}
          warehouse: {type: postgres, url: "${WAREHOUSE_URL}", statement_timeout: 10m}   # any libpq URI or DSN; PG* variables, pgpass and service files work
        destinations:
          personalize:
            type: contentstack_personalize
            region: na                              # na eu au azure-na azure-eu gcp-na gcp-eu and the CLI's aliases
            project_uid: "${CONTENTSTACK_PROJECT_UID}"
            auth: {method: oauth}                   # oauth | authtoken | none; only the management API needs it
            edge_url: http://127.0.0.1:8787         # optional overrides, for the simulator or a proxy
            management_url: http://127.0.0.1:8787
            max_in_flight: 256                      # ceiling of the adaptive concurrency
            max_requests_per_second: null           # optional cap, shared by all workers
            timeout: 10s                            # whole request, not idle time
        state: {url: "sqlite:.headrace/state.db", retain_values: true}    # or postgresql://… for many workers
        alerts:
          channels:
            ops:    {type: slack, webhook_url: "${SLACK_WEBHOOK_URL}"}
            oncall: {type: pagerduty, routing_key: "${PD_KEY}"}
            phone:  {type: twilio_sms, account_sid: "${T_SID}", api_key: "${T_KEY}", api_secret: "${T_SECRET}", from: "+15550100", to: ["+15550101"]}
            mail:   {type: email, smtp: "smtps://user:${SMTP_PASSWORD}@mail.example.com:465", from: headrace@example.com, to: [data@example.com]}
            hook:   {type: webhook, url: https://example.com/headrace, secret: "${WEBHOOK_SECRET}"}
            teams:  {type: teams, webhook_url: "${TEAMS_URL}"}
            alive:  {type: ping, url: "https://hc.example.com/uuid"}       # every channel takes `url:` to override its vendor's, and `allow_private: true`
          rules:
            - {when: run_failed, severity: critical, channels: [ops]}

        """#

    static let model = #"""
        model:
          source: warehouse
          primary_key: member_id                          # a column or a list of columns
          description: Loyalty members with a Personalize uid
          tests:
            - {unique: member_id}
            - {not_null: [member_id, tier]}
            - {accepted_values: {column: tier, values: [bronze, silver, gold]}}
            - {row_count: {min: 1}}
        syncs:
          - name: loyalty
            destination: personalize
            mode: update                                  # the seed's one mode: see 'Update' below
            match: {column: personalize_uid, field: user_uid}      # add `pii: true` where the uid is an e-mail or the like
            mappings:
              - {column: tier, attribute: loyalty_tier}
              - {column: points, attribute: points, on_null: 0}             # on_null: skip (default) | null | a constant
              - {column: segments, attribute: audience_ids, on_removed: ""} # on_removed: a constant written when the row leaves
              - {value: warehouse, attribute: source_system}                # a static value
              - {template: "{{first_name}} {{last_name}}", attribute: full_name}
            send: changed                                 # changed (default): only attributes that differ | all mapped
            schedule: {cron: "*/15 * * * *", time_zone: Europe/Berlin, overlap: skip, catch_up: one}   # or {every: 15m}
            guards: {max_changed_percent: 50, max_removed_percent: 20, max_null_percent: 50, min_rows: 1}
            retry: {attempts: 5, quarantine_after_runs: 5}

        """#

    static let attributes = #"""
        attributes:
          loyalty_tier: {type: string, allowed: [bronze, silver, gold], description: Loyalty tier}
          points:       {type: integer}
          email_domain: {type: string, pii: true}         # masked wherever a person or a log could read it
          audience_ids: {type: string_list}               # sent as |a|b|, sorted, without duplicates
          last_seen:    {type: timestamp, encoding: iso8601}   # iso8601 | epoch_seconds | epoch_millis
          source_system: {type: string}
          full_name:    {type: string, pii: true}

        """#
}
