// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Everything but the bindings is written in the memory-safe subset.
let safe: [SwiftSetting] = settings + [.strictMemorySafety()]

let package = Package(
    name: "headrace",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "headrace", targets: ["headrace"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "SyncCore", swiftSettings: safe),
        .target(name: "SQLDatabases", dependencies: ["SyncCore", "CLibPQ", "CSQLite"], swiftSettings: settings),
        .target(
            name: "ProjectModels",
            dependencies: ["SyncCore", .product(name: "Yams", package: "Yams")],
            swiftSettings: safe),
        .target(
            name: "ChangePlanning",
            dependencies: ["SyncCore", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: safe),
        .target(name: "Delivery", dependencies: ["SyncCore"], swiftSettings: safe),
        .target(name: "StateStorage", dependencies: ["SyncCore", "SQLDatabases"], swiftSettings: safe),
        .target(
            name: "OutboundHTTP",
            dependencies: [
                "SyncCore",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: safe),
        .target(
            name: "Contentstack",
            dependencies: ["SyncCore", "OutboundHTTP", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: safe),
        .target(
            name: "SyncEngine",
            dependencies: [
                "SyncCore", "ProjectModels", "ChangePlanning", "Delivery",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: safe),
        .target(
            name: "PersonalizeSimulator",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: safe),
        .executableTarget(
            name: "headrace",
            dependencies: [
                "SyncCore", "SQLDatabases", "ProjectModels", "ChangePlanning", "Delivery", "StateStorage",
                "OutboundHTTP", "Contentstack", "SyncEngine", "PersonalizeSimulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: safe),
        .target(
            name: "TestKit", dependencies: ["SyncCore"], path: "Tests/TestKit", swiftSettings: settings),
        .testTarget(
            name: "PureTests",
            dependencies: ["TestKit", "SyncCore", "ProjectModels", "ChangePlanning", "Delivery", "SyncEngine"],
            swiftSettings: settings),
        .testTarget(
            name: "DatabaseTests",
            dependencies: ["TestKit", "SyncCore", "SQLDatabases", "StateStorage", "ChangePlanning", "CSQLite"],
            swiftSettings: settings),
        .testTarget(
            name: "HTTPTests",
            dependencies: [
                "TestKit", "SyncCore", "Delivery", "OutboundHTTP", "Contentstack", "PersonalizeSimulator",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "TestKit", "SyncCore", "ProjectModels", "ChangePlanning", "Delivery", "SQLDatabases", "StateStorage",
                "SyncEngine", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestKit", "SyncCore", "SQLDatabases", "headrace",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
    ]
)

// Benchmarks/run builds it; nothing else needs it.
if Context.environment["HEADRACE_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "read-benchmark", dependencies: ["SyncCore", "SQLDatabases", "ChangePlanning"],
            path: "Benchmarks/read", swiftSettings: settings))
    package.targets.append(
        .executableTarget(
            name: "latency-server",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Benchmarks/latency", swiftSettings: settings))
}

/// `Tests/Fuzzing` is a group of tests; `scripts/soak` builds the same properties as a libFuzzer program, which no
/// ordinary build contains.
let fuzzing: [Target.Dependency] = ["TestKit", "SyncCore", "SQLDatabases", "ProjectModels", "ChangePlanning"]
if Context.environment["HEADRACE_FUZZ"] == nil {
    package.targets.append(
        .testTarget(
            name: "FuzzingTests", dependencies: fuzzing, path: "Tests/Fuzzing",
            exclude: ["Corpus", "FuzzProgram.swift"],
            swiftSettings: settings))
} else {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: fuzzing, path: "Tests/Fuzzing", exclude: ["Corpus", "FuzzingTests.swift"],
            swiftSettings: settings))
}
