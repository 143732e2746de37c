import CSQLite

/// The C side of `FailingDisk`: SQLite's file is a head of ours, and behind it the system's file, which does the work.
enum DiskCalls {
    private struct Head {
        var base: sqlite3_file
        var disk: UnsafeMutableRawPointer?
        /// Lives as long as the open file, by SQLite's promise.
        var path: UnsafePointer<CChar>?
    }

    /// The system's file is aligned behind our head.
    private static let headSize = 32
    private typealias File = UnsafeMutablePointer<sqlite3_file>

    /// The default VFS with another way to open. What is registered is never freed.
    static func register(_ name: String, disk: UnsafeMutableRawPointer) {
        guard let system = sqlite3_vfs_find(nil) else { return }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        let bytes = Array(name.utf8CString)
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        text.initialize(from: bytes, count: bytes.count)
        vfs.pointee.zName = UnsafePointer(text)
        vfs.pointee.pNext = nil
        vfs.pointee.szOsFile = system.pointee.szOsFile + Int32(headSize)
        vfs.pointee.pAppData = disk
        vfs.pointee.xOpen = { vfs, path, file, flags, outFlags in
            guard let vfs, let file else { return SQLITE_ERROR }
            return DiskCalls.open(vfs, path, file, flags, outFlags)
        }
        sqlite3_vfs_register(vfs, 0)
    }

    private static func open(
        _ vfs: UnsafeMutablePointer<sqlite3_vfs>, _ path: UnsafePointer<CChar>?, _ file: File, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let system = sqlite3_vfs_find(nil) else { return SQLITE_ERROR }
        let code = system.pointee.xOpen(system, path, self.system(file), flags, outFlags)
        file.pointee.pMethods = nil
        guard code == SQLITE_OK else { return code }
        UnsafeMutableRawPointer(file).withMemoryRebound(to: Head.self, capacity: 1) {
            $0.pointee.disk = vfs.pointee.pAppData
            $0.pointee.path = path
        }
        file.pointee.pMethods = UnsafePointer(methods)
        return code
    }

    private static func system(_ file: File) -> File {
        (UnsafeMutableRawPointer(file) + headSize).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func methods(of file: File) -> sqlite3_io_methods { file.pointee.pMethods.pointee }

    private static func owner(_ file: File) -> (disk: FailingDisk, path: String)? {
        UnsafeMutableRawPointer(file).withMemoryRebound(to: Head.self, capacity: 1) { head in
            guard let disk = head.pointee.disk, let path = head.pointee.path else { return nil }
            return (Unmanaged<FailingDisk>.fromOpaque(disk).takeUnretainedValue(), String(cString: path))
        }
    }

    /// Never changed once made. Version 1 has no shared memory and no mapping, so that every byte passes here.
    private nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        methods.pointee.iVersion = 1
        methods.pointee.xClose = { file in file.map { DiskCalls.methods(of: system($0)).xClose(system($0)) } ?? 0 }
        methods.pointee.xRead = { file, bytes, count, offset in
            guard let file else { return SQLITE_ERROR }
            return DiskCalls.read(file, bytes, count, offset)
        }
        methods.pointee.xWrite = { file, bytes, count, offset in
            guard let file, let bytes else { return SQLITE_ERROR }
            return DiskCalls.write(file, bytes, count, offset)
        }
        methods.pointee.xTruncate = { file, size in file.map { DiskCalls.truncate($0, size) } ?? SQLITE_ERROR }
        methods.pointee.xSync = { file, _ in file.map(DiskCalls.sync) ?? SQLITE_ERROR }
        methods.pointee.xFileSize = { file, size in
            file.map { DiskCalls.methods(of: system($0)).xFileSize(system($0), size) } ?? SQLITE_ERROR
        }
        methods.pointee.xLock = { file, lock in
            file.map { DiskCalls.methods(of: system($0)).xLock(system($0), lock) } ?? SQLITE_ERROR
        }
        methods.pointee.xUnlock = { file, lock in
            file.map { DiskCalls.methods(of: system($0)).xUnlock(system($0), lock) } ?? SQLITE_ERROR
        }
        methods.pointee.xCheckReservedLock = { file, result in
            file.map { DiskCalls.methods(of: system($0)).xCheckReservedLock(system($0), result) } ?? SQLITE_ERROR
        }
        methods.pointee.xFileControl = { file, operation, argument in
            file.map { DiskCalls.methods(of: system($0)).xFileControl(system($0), operation, argument) }
                ?? SQLITE_ERROR
        }
        methods.pointee.xSectorSize = { file in
            file.map { DiskCalls.methods(of: system($0)).xSectorSize(system($0)) } ?? 512
        }
        methods.pointee.xDeviceCharacteristics = { file in
            file.map { DiskCalls.methods(of: system($0)).xDeviceCharacteristics(system($0)) } ?? 0
        }
        return methods
    }()

    private static func read(_ file: File, _ bytes: UnsafeMutableRawPointer?, _ count: Int32, _ offset: Int64) -> Int32
    {
        if let owner = owner(file), case .fail(let code) = owner.disk.verdict(on: .read) { return code }
        return methods(of: system(file)).xRead(system(file), bytes, count, offset)
    }

    private static func write(_ file: File, _ bytes: UnsafeRawPointer, _ count: Int32, _ offset: Int64) -> Int32 {
        guard let owner = owner(file) else { return SQLITE_ERROR }
        var (length, result) = (count, SQLITE_OK)
        switch owner.disk.verdict(on: .write) {
        case .go: break
        case .fail(let code): return code
        case .half(let code): (length, result) = (count / 2, code)
        }
        let oldSize = size(file)
        let old = content(file, from: offset, count: Int(length))
        let code = methods(of: system(file)).xWrite(system(file), bytes, length, offset)
        guard code == SQLITE_OK else { return code }
        let new = Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
        owner.disk.wrote(new, over: old, at: offset, oldSize: oldSize, in: owner.path)
        return result
    }

    private static func truncate(_ file: File, _ newSize: Int64) -> Int32 {
        guard let owner = owner(file) else { return SQLITE_ERROR }
        if case .fail(let code) = owner.disk.verdict(on: .truncate) { return code }
        let tail = content(file, from: newSize, count: Int(max(0, size(file) - newSize)))
        let code = methods(of: system(file)).xTruncate(system(file), newSize)
        if code == SQLITE_OK { owner.disk.truncated(to: newSize, losing: tail, in: owner.path) }
        return code
    }

    private static func sync(_ file: File) -> Int32 {
        guard let owner = owner(file) else { return SQLITE_ERROR }
        if case .fail(let code) = owner.disk.verdict(on: .sync) { return code }
        owner.disk.synced(owner.path)
        return SQLITE_OK
    }

    private static func size(_ file: File) -> Int64 {
        var size: Int64 = 0
        _ = methods(of: system(file)).xFileSize(system(file), &size)
        return size
    }

    /// What the file holds there, as far as it goes.
    private static func content(_ file: File, from offset: Int64, count: Int) -> [UInt8] {
        let length = Int(max(0, min(Int64(count), size(file) - offset)))
        guard length > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: length)
        let code = bytes.withUnsafeMutableBytes {
            methods(of: system(file)).xRead(system(file), $0.baseAddress, Int32(length), offset)
        }
        return code == SQLITE_OK ? bytes : []
    }
}
