package import ChangePlanning
package import SyncCore

/// How one test of a model ended.
package struct TestOutcome: Sendable {
    package enum Result: Sendable {
        case judged(TestVerdict)
        /// It could not be asked: the source's or the test's fault.
        case failed(Diagnostic, exit: ExitStatus)
    }

    package var model: String
    package var test: ModelTest
    package var result: Result
    package var seconds: Double

    package init(model: String, test: ModelTest, result: Result, seconds: Double) {
        self.model = model
        self.test = test
        self.result = result
        self.seconds = seconds
    }

    package var hasFailed: Bool { if case .judged(let verdict) = result { !verdict.passed } else { false } }

    /// 0 passed, 3 failed, 2 or 6 could not be asked.
    package var exit: ExitStatus {
        switch result {
        case .judged(let verdict): verdict.passed ? .done : .completedWithErrors
        case .failed(_, let exit): exit
        }
    }
}

/// Runs the tests of models in their sources, each as one statement under the rules of a model's own read.
package struct ModelTesting: Sendable {
    private let project: Project
    private let source: @Sendable (SourceDefinition) throws(Diagnostic) -> any Source
    private let mask: @Sendable (String) -> String
    private let now: @Sendable () -> WallTime
    private let pause: @Sendable (Duration) async throws -> Void

    /// `mask` says what stands for a personal value.
    package init(
        project: Project, source: @escaping @Sendable (SourceDefinition) throws(Diagnostic) -> any Source,
        mask: @escaping @Sendable (String) -> String, now: @escaping @Sendable () -> WallTime,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.project = project
        self.source = source
        self.mask = mask
        self.now = now
        self.pause = pause
    }

    /// One outcome a test, in file order; `observer` sees each as it comes. A source that cannot be reached is not asked
    /// again. Throws when the task is cancelled.
    package func outcomes(
        of model: ModelDefinition, observer: (@Sendable (TestOutcome) -> Void)? = nil
    ) async throws -> [TestOutcome] {
        var outcomes: [TestOutcome] = []
        var unreachable: SourceFailure?
        for test in model.tests {
            let clock = ContinuousClock()
            let start = clock.now
            let result: TestOutcome.Result
            do {
                if let unreachable { throw unreachable }
                result = .judged(try await verdict(of: test, model))
            } catch {
                if let failure = error as? SourceFailure, failure.kind == .unreachable { unreachable = failure }
                result = try failed(error, model)
            }
            let outcome = TestOutcome(
                model: model.name, test: test, result: result, seconds: (clock.now - start).seconds)
            outcomes.append(outcome)
            observer?(outcome)
        }
        return outcomes
    }

    private func verdict(of test: ModelTest, _ model: ModelDefinition) async throws -> TestVerdict {
        let source = try source(model.source)
        let rows = try await rows(project.statement(of: test, model), from: source)
        let syncs = project.syncs.filter { $0.model.name == model.name }
        let judge = TestJudge(masked: RowPreview.maskedColumns(of: model, syncs: syncs), mask: mask, now: now())
        return try judge.verdict(test, of: model, rows: rows, dialect: source.dialect)
    }

    private func failed(_ error: any Error, _ model: ModelDefinition) throws -> TestOutcome.Result {
        let failure = RunFailure(error)
        if Task.isCancelled || failure.exit == .interrupted { throw CancellationError() }
        var finding = failure.diagnostic
        // A source that cannot be asked is found where headrace.yml defines it.
        finding.position = finding.position ?? model.source.position
        return .failed(project.sourceLines.shown(finding), exit: failure.exit)
    }

    /// Of the first batch: no test's statement gives more than a few rows.
    private func rows(_ statement: SQLStatement, from source: any Source) async throws -> RowBatch {
        var again = ReadAgain()
        while true {
            do throws(SourceFailure) {
                return try await source.firstRows(of: statement)
            } catch {
                guard let wait = again.wait(after: error.kind) else { throw error }
                try await pause(wait)
            }
        }
    }
}

extension Source {
    /// The first batch of a read that came to its end.
    fileprivate func firstRows(of statement: SQLStatement) async throws(SourceFailure) -> RowBatch {
        let reader = try await read(statement)
        let result: Result<RowBatch, SourceFailure>
        do throws(SourceFailure) {
            let count = reader.columns.count
            let first = try await reader.next(reusing: RowBatch(columnCount: count))
            // Only its end says that a read was whole.
            if first != nil { while try await reader.next(reusing: RowBatch(columnCount: count)) != nil {} }
            result = .success(first ?? RowBatch(columnCount: count))
        } catch {
            result = .failure(error)
        }
        await reader.close()
        return try result.get()
    }
}

extension Project {
    /// What a test asks its source.
    package func statement(of test: ModelTest, _ model: ModelDefinition) -> SQLStatement {
        var parent: ModelDefinition?
        if case .relationships(_, let other, _) = test.claim, case .model(let name) = other.relation {
            parent = models.first { $0.name == name }
        }
        return TestStatement.make(test, of: model, parent: parent)
    }
}
